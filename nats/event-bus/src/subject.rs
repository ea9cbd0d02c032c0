//! Subjects, spelled here and nowhere else: `<prefix>.v1.<workspace>.<kind>.<stream id>.<event_type>`.

use std::sync::Arc;

use domain::{GoalId, Recorded, StreamId, StreamKind, Workspace};

/// Generation of the subject's shape. A new shape gets a new one, so that old subscribers see silence and not nonsense.
const GENERATION: &str = "v1";

/// Why a text cannot be a subject, or part of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSubject {
    /// A token NATS would read as two, as a wildcard or not at all.
    #[error("`{0}` cannot be a token of a subject: use letters, digits, `-` and `_`")]
    Token(String),
    /// Not one of ours.
    #[error("`{0}` is not a subject of this bus")]
    Foreign(String),
}

/// What a subject says about its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The workspace.
    pub workspace: Workspace,
    /// The stream.
    pub stream: StreamId,
    /// For example `task_completed`.
    pub event_type: String,
}

/// Writes and reads the subjects under one prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects {
    prefix: Arc<str>,
}

impl Subjects {
    /// Subjects under `prefix`, which may be several tokens, for example `company.goalstream`.
    pub fn new(prefix: &str) -> Result<Self, InvalidSubject> {
        prefix.split('.').try_for_each(|part| token(part).map(drop))?;
        Ok(Self { prefix: prefix.into() })
    }

    /// The subject of one event.
    pub fn of(&self, event: &Recorded) -> Result<String, InvalidSubject> {
        Ok(format!(
            "{}.{GENERATION}.{}.{}.{}.{}",
            self.prefix,
            token(event.workspace.as_str())?,
            event.stream.kind.as_str(),
            token(&event.stream.id)?,
            token(&event.event_type)?,
        ))
    }

    /// Everything there is.
    pub fn everything(&self) -> String {
        format!("{}.{GENERATION}.>", self.prefix)
    }

    /// One goal with all its tasks.
    pub fn goal(&self, workspace: &Workspace, goal: GoalId) -> String {
        format!("{}.{GENERATION}.{workspace}.{}.{goal}.*", self.prefix, StreamKind::Goal.as_str())
    }

    /// One type of event in one workspace.
    pub fn event_type(&self, workspace: &Workspace, event_type: &str) -> Result<String, InvalidSubject> {
        Ok(format!("{}.{GENERATION}.{workspace}.*.*.{}", self.prefix, token(event_type)?))
    }

    /// What a subject says; the inverse of [`Subjects::of`].
    pub fn parse(&self, subject: &str) -> Result<Address, InvalidSubject> {
        self.parse_tokens(subject).ok_or_else(|| InvalidSubject::Foreign(subject.to_owned()))
    }

    fn parse_tokens(&self, subject: &str) -> Option<Address> {
        let rest = subject.strip_prefix(&*self.prefix)?.strip_prefix('.')?;
        let mut tokens = rest.split('.');
        let (GENERATION, workspace, kind, id, event_type, None) =
            (tokens.next()?, tokens.next()?, tokens.next()?, tokens.next()?, tokens.next()?, tokens.next())
        else {
            return None;
        };
        Some(Address {
            workspace: workspace.parse().ok()?,
            stream: StreamId { kind: kind.parse().ok()?, id: token(id).ok()?.to_owned() },
            event_type: token(event_type).ok()?.to_owned(),
        })
    }
}

/// The text, if NATS reads it as one token.
pub(crate) fn token(text: &str) -> Result<&str, InvalidSubject> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !text.is_empty() && text.bytes().all(plain) { Ok(text) } else { Err(InvalidSubject::Token(text.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_what_the_readme_promises() {
        let subjects = Subjects::new("goalstream").unwrap();
        let workspace = Workspace::DEFAULT;
        assert_eq!(subjects.everything(), "goalstream.v1.>");
        assert_eq!(subjects.goal(&workspace, GoalId(1)), "goalstream.v1.default.goal.GOAL-0001.*");
        assert_eq!(
            subjects.event_type(&workspace, "task_completed").unwrap(),
            "goalstream.v1.default.*.*.task_completed"
        );
    }

    #[test]
    fn a_subject_says_where_its_event_belongs() {
        let subjects = Subjects::new("team.goals").unwrap();
        let address = subjects.parse("team.goals.v1.default.goal.GOAL-0001.task_completed").unwrap();
        assert_eq!(address.stream, StreamId::from(GoalId(1)));
        assert_eq!((address.workspace.as_str(), address.event_type.as_str()), ("default", "task_completed"));
    }

    #[test]
    fn wildcards_dots_and_spaces_are_refused() {
        for wrong in ["", "a.", "a..b", "*", ">", "a b", "é", "a\r\nb"] {
            assert!(Subjects::new(wrong).is_err(), "{wrong:?} was taken as a prefix");
        }
        let subjects = Subjects::new("goalstream").unwrap();
        assert!(subjects.event_type(&Workspace::DEFAULT, "task.completed").is_err());
        for foreign in [
            "goalstream.v2.default.goal.GOAL-0001.task_completed",
            "goalstream.v1.default.goal.GOAL-0001",
            "goalstream.v1.default.goal.GOAL-0001.task_completed.more",
            "goalstreams.v1.default.goal.GOAL-0001.task_completed",
        ] {
            assert!(subjects.parse(foreign).is_err(), "{foreign} was taken");
        }
    }
}
