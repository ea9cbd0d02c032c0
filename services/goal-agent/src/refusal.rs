//! Every way in which a request can end badly, as every door shows it: what is wrong, and what to do next.

use domain::{Rejection, TaskId, goal::Text};
use read_models::NotYet;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{fitting::NothingReady, undo::Conflict};

/// What to do about an id that nothing resembles.
pub(crate) const LOOK_IT_UP: &str = "use find to look it up";
/// Conflicts that a refusal tells; a dry run tells all.
const CONFLICTS_TOLD_MAX: usize = 10;

/// A request that did not succeed. Nothing of it took effect, except where [`Refusal::Unavailable`] says that it may have.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// A rule said no: the caller can mend it.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It is there now, and was not yet at the position that was asked about.
    #[error("{id} did not exist yet at position {as_of}; it came with position {came_with}")]
    TooEarly {
        /// The goal or task.
        id: String,
        /// The position that was asked about.
        as_of: u64,
        /// The position since which it is there.
        came_with: u64,
    },
    /// No task that fits can be claimed now.
    #[error(transparent)]
    NothingReady(NothingReady),
    /// Tasks are ready, and others were faster with every one that was tried.
    #[error("others were faster with every task that was ready; claim again in {retry_after_ms} ms")]
    Outrun {
        /// When to try again.
        retry_after_ms: u64,
    },
    /// Others wrote to a goal each time that it was read to be undone.
    #[error("others wrote to the goal while it was being undone; try again in {retry_after_ms} ms")]
    Overtaken {
        /// When to try again.
        retry_after_ms: u64,
    },
    /// Something is in the way of undoing what was to be undone, and nothing of it was.
    #[error("nothing was undone: {}", in_the_way(conflicts))]
    NotUndone {
        /// What is in the way, the newest event first.
        conflicts: Vec<Conflict>,
    },
    /// Too much at once: nothing was done, try again a little later.
    #[error("too many commands at once; try again in {retry_after_ms} ms")]
    Busy {
        /// When to try again.
        retry_after_ms: u64,
    },
    /// Something that we need is away. With the same request id a repeat is safe, whatever became of this one.
    #[error("{reason}; repeat the call in a moment, a write with the same request_id")]
    Unavailable {
        /// What is away, in the caller's words.
        reason: String,
        /// When to try again.
        retry_after_ms: u64,
    },
    /// A read asked for a position that the views have not reached, or that the log does not have.
    #[error("{not_yet}; ask again later, or leave out min_position or as_of if you gave one")]
    Behind {
        /// What was asked for, and how far the views are.
        not_yet: NotYet,
        /// When to try again.
        retry_after_ms: u64,
    },
}

/// A refusal as JSON: `{code, message, hint, ...}` with the fields of its code.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Described {
    /// One of the codes that all doors share.
    pub code: &'static str,
    /// What is wrong, naming the field.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What belongs to this code: `field`, `did_you_mean`, `current_version`, `retry_after_ms`, `by`, `path`, ...
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

impl Refusal {
    /// The code: `NOT_FOUND`, `VALIDATION`, `CONFLICT`, `FENCED`, `CLAIMED`, `BLOCKED`, `CYCLE`, `CRITERIA_OPEN`, `TOO_BIG`,
    /// `BUSY` or `UNAVAILABLE`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.code(),
            Self::NotUndone { conflicts } => conflicts.first().map_or("CONFLICT", |conflict| conflict.refusal.code()),
            Self::TooEarly { .. } | Self::NothingReady(_) => "NOT_FOUND",
            Self::Outrun { .. } | Self::Overtaken { .. } | Self::Busy { .. } => "BUSY",
            Self::Unavailable { .. } | Self::Behind { .. } => "UNAVAILABLE",
        }
    }

    /// Whether it is ours to mend and not the caller's.
    pub fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::Outrun { .. }
                | Self::Overtaken { .. }
                | Self::Busy { .. }
                | Self::Unavailable { .. }
                | Self::Behind { .. }
        )
    }

    /// As JSON, for every door alike.
    pub fn describe(&self) -> Described {
        Described { code: self.code(), message: self.to_string(), hint: self.hint(), details: self.details() }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Rejected(rejection) => way_out(rejection),
            Self::TooEarly { came_with, .. } => Some(format!("ask as of position {came_with} or later")),
            Self::NothingReady(why) => Some(why.way_out().to_owned()),
            Self::NotUndone { conflicts } => Some(around(conflicts).to_owned()),
            Self::Outrun { .. }
            | Self::Overtaken { .. }
            | Self::Busy { .. }
            | Self::Unavailable { .. }
            | Self::Behind { .. } => None,
        }
    }

    fn details(&self) -> Map<String, Value> {
        let value = match self {
            Self::Rejected(rejection) => serde_json::to_value(rejection).unwrap_or_default(),
            Self::TooEarly { id, came_with, .. } => serde_json::json!({ "id": id, "came_with": came_with }),
            Self::NothingReady(why) => serde_json::to_value(why).unwrap_or_default(),
            Self::NotUndone { conflicts } => {
                let mut details = conflicts.first().map_or(Value::Null, Conflict::describe);
                details["conflicts"] = conflicts.iter().take(CONFLICTS_TOLD_MAX).map(Conflict::describe).collect();
                details
            }
            Self::Outrun { retry_after_ms }
            | Self::Overtaken { retry_after_ms }
            | Self::Busy { retry_after_ms }
            | Self::Unavailable { retry_after_ms, .. }
            | Self::Behind { retry_after_ms, .. } => serde_json::json!({ "retry_after_ms": retry_after_ms }),
        };
        let Value::Object(mut details) = value else { return Map::new() };
        // The tag is `code` itself, and the problem is in the message; all of these are said beside the details.
        for said in ["code", "problem", "message", "hint"] {
            details.remove(said);
        }
        details
    }

    /// The same, said to somebody of this name: whoever is in its own way is to know that.
    pub(crate) fn told_to(mut self, name: &str) -> Self {
        match &mut self {
            Self::Rejected(Rejection::Claimed { holder, yours, .. }) => *yours = holder == name,
            Self::Rejected(Rejection::Fenced { holder, yours, .. }) => *yours = holder.as_deref() == Some(name),
            Self::NotUndone { conflicts } => {
                for conflict in conflicts {
                    *conflict = conflict.clone().told_to(name);
                }
            }
            _ => {}
        }
        self
    }

    /// The same, with its field as the request calls it; the domain does not know in which part of a request it was.
    pub(crate) fn renamed(mut self, name: impl FnOnce(&str) -> Option<String>) -> Self {
        if let Self::Rejected(Rejection::Validation { field, .. } | Rejection::TooBig { field, .. }) = &mut self
            && let Some(name) = name(field)
        {
            *field = name;
        }
        self
    }

    /// A value that is not what it should be.
    pub fn validation(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Rejected(Rejection::Validation { field: field.into(), problem: problem.into() })
    }
}

fn in_the_way(conflicts: &[Conflict]) -> String {
    let first = conflicts.first().map_or_else(String::new, |conflict| conflict.refusal.to_string());
    match conflicts.len() {
        0 | 1 => first,
        many => format!("{first}; and {} more", many - 1),
    }
}

/// What a caller can do about conflicts.
fn around(conflicts: &[Conflict]) -> &'static str {
    let overridable = conflicts.iter().filter(|conflict| conflict.overridable).count();
    match (overridable, conflicts.len()) {
        (0, _) => "undo what stands in the way first, or with force the rest; dry_run shows what that would do",
        (all, count) if all == count => "ask whoever went on from it, or give force; dry_run shows what that would do",
        _ => "force undoes what no rule forbids, whoever went on from it; dry_run shows what that would do",
    }
}

/// What a rule wants to come first, and the call that does it.
const FIRST: [(&str, &str); 3] = [
    ("; restore it first", r#"update it with set {"archived": false}, if it is still wanted"#),
    ("; reopen it first", r#"update it with set {"status": "pending"}, if it was not over"#),
    ("; unblock it first", r#"update it with set {"status": "pending"}, if nothing stands in its way any more"#),
];

/// What a caller can do about a rule that said no, where the message does not say so already.
fn way_out(rejection: &Rejection) -> Option<String> {
    let way_out = match rejection {
        Rejection::NotFound { did_you_mean, .. } if !did_you_mean.is_empty() => {
            return Some(format!("did you mean {}?", did_you_mean.join(" or ")));
        }
        Rejection::NotFound { .. } => LOOK_IT_UP,
        Rejection::Claimed { yours: true, release_first: true, .. } => {
            "it is claimed under your own name: give it back with claim, its fence and release; then it waits again"
        }
        Rejection::Fenced { yours: true, .. } | Rejection::Claimed { yours: true, .. } => {
            "it is claimed under your own name: if that was you, pass the claim's fence, which find with view mine \
             (or get) shows, or give it back with release"
        }
        Rejection::Fenced { never_given: true, .. } => "claim the task without a fence; the answer has the one to pass",
        Rejection::Fenced { .. } => "claim the task again; your earlier work on it was not recorded",
        Rejection::Claimed { .. } => "claim another task meanwhile: find with view ready",
        Rejection::Blocked { parts, inherited_from, failed, .. } => {
            return Some(unblocking(*parts, inherited_from, !failed.is_empty()));
        }
        Rejection::Cycle { .. } => "leave out one of these dependencies",
        Rejection::Conflict { problem, .. } => {
            let first = FIRST.iter().find(|(step, _)| problem.ends_with(step));
            first.map_or("get it, look at what has changed since, and decide anew", |(_, how)| how)
        }
        Rejection::CriteriaOpen { .. } => "check them, and complete it with the numbers of those that hold as `met`",
        _ => return None,
    };
    Some(way_out.to_owned())
}

fn unblocking(parts: bool, inherited_from: &[TaskId], failed: bool) -> String {
    let first = match failed {
        true => "complete or cancel those first, and reopen what failed to do so",
        false => "complete or cancel those first",
    };
    let holders: Vec<String> = inherited_from.iter().map(ToString::to_string).collect();
    match (parts, holders.is_empty()) {
        (true, _) => first.to_owned(),
        (false, true) => format!("{first}, or remove the dependency"),
        (false, false) => format!("{first}, or remove the dependency where it is: from {}", holders.join(" or ")),
    }
}

/// Makes free text of the domain.
pub(crate) fn text(given: &str) -> Text {
    given.into()
}
