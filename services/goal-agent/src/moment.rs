//! When something is asked about: by the log's number, or by the clock.

use std::{ops::RangeInclusive, str::FromStr};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, Utc};
use domain::{Timestamp, time::micros};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Years that can be written as RFC 3339.
const YEARS: RangeInclusive<i32> = 0..=9999;

/// A moment of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Just after the event at this position.
    Position(u64),
    /// At this time, by the clock of the log. A day is the moment at which it begins, in UTC.
    Time(Timestamp),
}

/// A text that is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give a position such as 4711, or a time such as 2026-11-30T12:00:00Z or 2026-11-30")]
pub struct InvalidMoment;

impl FromStr for Moment {
    type Err = InvalidMoment;

    /// `4711`, `#4711`, RFC 3339, or a day.
    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        let text = text.trim();
        let digits = text.strip_prefix('#').unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return digits.parse().map(Self::Position).map_err(|_| InvalidMoment);
        }
        let time = match DateTime::parse_from_rfc3339(text) {
            Ok(time) => micros(time.with_timezone(&Utc)),
            Err(_) => text.parse::<NaiveDate>().map_err(|_| InvalidMoment)?.and_time(NaiveTime::MIN).and_utc(),
        };
        match YEARS.contains(&time.year()) {
            true => Ok(Self::Time(time)),
            false => Err(InvalidMoment),
        }
    }
}

impl From<u64> for Moment {
    fn from(position: u64) -> Self {
        Self::Position(position)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Position(position) => serializer.serialize_u64(*position),
            Self::Time(time) => serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Given {
            Position(u64),
            Text(String),
        }
        match Given::deserialize(deserializer)? {
            Given::Position(position) => Ok(Self::Position(position)),
            Given::Text(text) => text.parse().map_err(D::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_number_or_a_time() {
        let read = |json: &str| serde_json::from_str::<Moment>(json).unwrap();
        for number in ["4711", r#""4711""#, r##""#4711""##, r#"" 4711 ""#] {
            assert_eq!(read(number), Moment::Position(4711), "{number}");
        }
        let noon = read(r#""2026-11-30T13:00:00+01:00""#);
        assert_eq!(noon, read(r#""2026-11-30T12:00:00.0000001Z""#), "the log keeps microseconds");
        assert_eq!(serde_json::to_string(&noon).unwrap(), r#""2026-11-30T12:00:00Z""#);
        assert_eq!(read(r#""2026-11-30""#), read(r#""2026-11-30T00:00:00Z""#));
    }

    #[test]
    fn what_is_no_moment_is_told_what_one_looks_like() {
        for wrong in [
            "",
            "#",
            "yesterday",
            "-1",
            "4.5",
            "2026-02-30",
            "99999999999999999999",
            "2026-11-30 12:00",
            "-0044-03-15",
            "+12026-01-01",
            "0000-01-01T00:00:00+01:00",
        ] {
            assert_eq!(wrong.parse::<Moment>(), Err(InvalidMoment), "{wrong}");
        }
        assert!(InvalidMoment.to_string().contains("2026-11-30"));
    }
}
