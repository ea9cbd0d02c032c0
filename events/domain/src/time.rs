//! Times: RFC 3339, UTC, microseconds; what Postgres keeps, so that a time survives the round trip unchanged.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A moment in UTC. Use [`micros`] at the edge where it is made.
pub type Timestamp = DateTime<Utc>;

/// Cuts a moment to the microseconds that are stored.
pub fn micros(moment: Timestamp) -> Timestamp {
    moment.trunc_subsecs(6)
}

/// When something is due: a day, or a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Due {
    /// A day, `2026-11-30`: overdue when that day has ended in UTC.
    Day(NaiveDate),
    /// A moment, `2026-11-30T12:00:00Z`.
    Moment(Timestamp),
}

impl Due {
    /// The same, cut to the microseconds that are stored.
    pub fn micros(self) -> Self {
        match self {
            Self::Day(day) => Self::Day(day),
            Self::Moment(moment) => Self::Moment(micros(moment)),
        }
    }

    /// The first moment at which it is overdue.
    pub fn deadline(self) -> Timestamp {
        match self {
            Self::Day(day) => day
                .succ_opt()
                .and_then(|next| next.and_hms_opt(0, 0, 0))
                .map_or(DateTime::<Utc>::MAX_UTC, |midnight| midnight.and_utc()),
            Self::Moment(moment) => moment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_over_when_it_has_ended() {
        let due: Due = serde_json::from_str(r#""2026-11-30""#).unwrap();
        assert_eq!(due.deadline().to_rfc3339(), "2026-12-01T00:00:00+00:00");
        assert_eq!(serde_json::to_string(&due).unwrap(), r#""2026-11-30""#);
    }

    #[test]
    fn a_moment_stays_a_moment() {
        let due: Due = serde_json::from_str(r#""2026-11-30T12:00:00+01:00""#).unwrap();
        assert_eq!(serde_json::to_string(&due).unwrap(), r#""2026-11-30T11:00:00Z""#);
    }
}
