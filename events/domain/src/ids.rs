//! Names of things: goals, tasks, streams and workspaces.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a text is not the id it should be. The message says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {expected}")]
pub struct InvalidId {
    /// What was given, shortened to what is worth showing.
    pub text: String,
    /// What would be right, for example "goal id such as GOAL-0001".
    pub expected: &'static str,
}

impl InvalidId {
    fn new(text: &str, expected: &'static str) -> Self {
        Self { text: text.chars().take(40).collect(), expected }
    }
}

/// Reads `PREFIX-0001`: at least four digits, no sign, no zero beyond the padding, never number 0.
fn parse_numbered(text: &str, prefix: &str, expected: &'static str) -> Result<u64, InvalidId> {
    let invalid = || InvalidId::new(text, expected);
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-')).ok_or_else(invalid)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let padded = match digits.len() {
        0..4 => false,
        4 => true,
        _ => !digits.starts_with('0'),
    };
    match digits.parse() {
        Ok(number @ 1..) if plain && padded => Ok(number),
        _ => Err(invalid()),
    }
}

/// Whether a text would be read as a goal's or task's id, by people at least: whatever its case, and however many digits it has.
pub(crate) fn looks_like_an_id(text: &str) -> bool {
    let is_prefix = |prefix: &str| ["GOAL", "TASK"].iter().any(|known| prefix.eq_ignore_ascii_case(known));
    text.trim().split_once('-').is_some_and(|(prefix, digits)| {
        is_prefix(prefix) && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

macro_rules! numbered_id {
    ($name:ident, $prefix:literal, $expected:literal, $doc:literal) => {
        #[doc = $doc]
        ///
        /// Sorted by number. Written with at least four digits and growing beyond them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, concat!($prefix, "-{:04}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse_numbered(text, $prefix, $expected).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": concat!("^", $prefix, "-[0-9]{4,}$") })
            }
        }
    };
}

numbered_id!(GoalId, "GOAL", "goal id such as GOAL-0001", "A goal's id, unique in the installation.");
numbered_id!(
    TaskId,
    "TASK",
    "task id such as TASK-0001",
    "A task's id, unique in the installation; a task never leaves its goal."
);

/// What a stream is about. Reserved for later: rule, delivery, server, principal, workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// A goal and all its tasks: the consistency boundary.
    Goal,
}

impl StreamKind {
    /// The word used in the log's `aggregate_type`, in subjects and in headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Goal => "goal",
        }
    }
}

impl FromStr for StreamKind {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text {
            "goal" => Ok(Self::Goal),
            _ => Err(InvalidId::new(text, "stream kind: goal")),
        }
    }
}

/// One stream of the log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// The log's `aggregate_type`.
    pub kind: StreamKind,
    /// The log's `aggregate_id`, for example `GOAL-0001`.
    pub id: String,
}

impl From<GoalId> for StreamId {
    fn from(goal: GoalId) -> Self {
        Self { kind: StreamKind::Goal, id: goal.to_string() }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.kind.as_str(), self.id)
    }
}

/// A workspace's name: `[a-z0-9-]{1,32}`, so that it can stand in a subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Workspace(Cow<'static, str>);

impl Workspace {
    /// The one workspace there is until there are more.
    pub const DEFAULT: Self = Self(Cow::Borrowed("default"));

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Workspace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for Workspace {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        match text.len() {
            _ if text == "default" => Ok(Self::DEFAULT),
            1..=32 if text.bytes().all(allowed) => Ok(Self(Cow::Owned(text.to_owned()))),
            _ => Err(InvalidId::new(text, "workspace name: 1 to 32 of a-z, 0-9 and -")),
        }
    }
}

impl<'de> Deserialize<'de> for Workspace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_at_least_four_digits_and_grow() {
        assert_eq!(GoalId(7).to_string(), "GOAL-0007");
        assert_eq!("TASK-12345".parse(), Ok(TaskId(12345)));
        for wrong in ["GOAL-1", "GOAL-00001", "GOAL-0000", "goal-0001", "TASK-0001", "GOAL-+001", "GOAL-", ""] {
            assert!(wrong.parse::<GoalId>().is_err(), "{wrong} was taken");
        }
    }

    #[test]
    fn ids_are_strings_in_json() {
        assert_eq!(serde_json::to_string(&TaskId(3)).unwrap(), r#""TASK-0003""#);
        let error = serde_json::from_str::<TaskId>(r#""GOAL-0003""#).unwrap_err().to_string();
        assert!(error.contains("task id such as TASK-0001"), "{error}");
    }

    #[test]
    fn a_stream_is_named_by_its_kind_and_its_id() {
        let stream = StreamId::from(GoalId(7));
        assert_eq!(stream.to_string(), "goal/GOAL-0007");
        assert_eq!(stream.kind.as_str().parse(), Ok(StreamKind::Goal));
        assert!("rule".parse::<StreamKind>().is_err());
    }

    #[test]
    fn workspace_names_fit_in_a_subject() {
        let team: Workspace = serde_json::from_str(r#""team-7""#).unwrap();
        assert_eq!((team.as_str(), team.to_string().as_str()), ("team-7", "team-7"));
        assert!(serde_json::from_str::<Workspace>(r#""a.b""#).is_err());
        for wrong in ["", "Team", "a.b", "a b", "*", &"a".repeat(33)] {
            assert!(wrong.parse::<Workspace>().is_err(), "{wrong} was taken");
        }
    }
}
