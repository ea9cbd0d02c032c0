//! See `fuzzing::mcp_message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::mcp_message(data));
