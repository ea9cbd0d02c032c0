//! A program's version, as far as we compare it.

use std::fmt;

/// Major and minor: `15.17`, `2.10`, `24.19`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The number before the first dot.
    pub major: u32,
    /// The number after it.
    pub minor: u32,
}

impl Version {
    /// The first version in what a program printed for `--version`: `postgres (PostgreSQL) 15.17 (Debian)`,
    /// `nats-server: v2.15.1`, `v24.19.0`; `18beta1` counts as 18.0.
    pub(super) fn parse(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(|word| {
            let mut numbers = word.trim_start_matches('v').split('.').map(leading_number);
            let major = numbers.next()??;
            Some(Self { major, minor: numbers.next().flatten().unwrap_or(0) })
        })
    }
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn reads_what_programs_print() {
        let parse = |text| Version::parse(text).map(|version| version.to_string());
        assert_eq!(parse("postgres (PostgreSQL) 15.17 (Debian 15.17-0+deb12u1)\n").as_deref(), Some("15.17"));
        assert_eq!(parse("postgres (PostgreSQL) 19beta2").as_deref(), Some("19.0"));
        assert_eq!(parse("nats-server: v2.9.10").as_deref(), Some("2.9"));
        assert_eq!(parse("v24.19.0\n").as_deref(), Some("24.19"));
        assert_eq!(parse("command not found"), None);
    }

    #[test]
    fn orders_by_number_not_by_letter() {
        assert!(Version::parse("v2.9.10") < Version::parse("v2.10.0"));
    }
}
