//! See `fuzzing::mcp_http`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::mcp_http(data));
