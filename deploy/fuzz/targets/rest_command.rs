//! See `fuzzing::rest_command`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::rest_command(data));
