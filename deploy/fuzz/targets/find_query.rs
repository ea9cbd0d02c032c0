//! See `fuzzing::find_query`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::find_query(data));
