//! The trace that a request is a part of, as W3C Trace Context writes it: version, trace, parent and flags.

use std::{fmt, str::FromStr};

use uuid::Uuid;

/// Characters of the four parts. Later versions may have more parts; ours are all of version 00.
const PARTS: [usize; 4] = [2, 32, 16, 2];
/// The version that there will never be.
const NO_VERSION: &str = "ff";

/// A trace context that is one, for example `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traceparent {
    text: String,
    trace_id: Uuid,
}

/// What was given is no trace context. Nobody is refused for it: the request is then a part of no trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no W3C trace context")]
pub struct InvalidTraceparent;

impl Traceparent {
    /// The trace.
    pub fn trace_id(&self) -> Uuid {
        self.trace_id
    }
}

impl FromStr for Traceparent {
    type Err = InvalidTraceparent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('-').collect();
        let is_hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_given = |part: &str| part.bytes().any(|byte| byte != b'0');
        let formed = parts.iter().map(|part| part.len()).eq(PARTS) && parts.iter().all(|part| is_hex(part));
        match parts[..] {
            [version, trace, parent, _flags]
                if formed && version != NO_VERSION && is_given(trace) && is_given(parent) =>
            {
                let trace_id = Uuid::try_parse(trace).map_err(|_| InvalidTraceparent)?;
                Ok(Self { text: text.to_owned(), trace_id })
            }
            _ => Err(InvalidTraceparent),
        }
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_named_by_its_id_and_what_is_none_by_nothing() {
        let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let given = format!("00-{trace}-{parent}-01");
        let read: Traceparent = given.parse().unwrap();
        assert_eq!((read.trace_id().simple().to_string(), read.to_string()), (trace.to_owned(), given));
        for wrong in [
            String::new(),
            "hello".to_owned(),
            trace.to_owned(),
            format!("00-{trace}"),
            format!("ff-{trace}-{parent}-01"),
            format!("00-{}-{parent}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{trace}x-{parent}-01"),
            format!("00-{}-{parent}-01", trace.to_uppercase()),
            format!("00-{trace}-{parent}-0\r"),
            format!("00-{trace}-{parent}-01-more"),
        ] {
            assert_eq!(wrong.parse::<Traceparent>(), Err(InvalidTraceparent), "{wrong}");
        }
    }
}
