//! How a rule says no: what is wrong, and what the caller can do next.

use serde::{Deserialize, Serialize};

use crate::{
    GoalId, TaskId, Timestamp,
    goal::{Claim, Subject, Text},
};

/// A refusal. It belongs to the caller, who can mend it; a failure of ours is never one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "fields are named by the vocabulary, and each variant says what it refuses")]
pub enum Rejection {
    /// There is no such goal, task, criterion or comment here.
    #[error("{id} does not exist")]
    NotFound {
        id: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        did_you_mean: Vec<String>,
    },
    /// A value is not what it should be; the message says what would be right.
    #[error("{field}: {problem}")]
    Validation { field: String, problem: String },
    /// It is not in the state or at the version that the caller took for granted.
    #[error("{subject} {problem}")]
    Conflict {
        subject: String,
        problem: String,
        current_version: u64,
        /// Who made it so; rules do not know, so whoever carries the answer fills it in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        changed_by: Option<String>,
    },
    /// Somebody has claimed the task since, or no claim of it was ever given this fence.
    #[error("the fence {fence} for {task} {}", wrong_fence(*never_given))]
    Fenced {
        task: TaskId,
        fence: u64,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        never_given: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder_since: Option<Timestamp>,
        /// The holder is who asks; rules do not know who asks, so whoever carries the answer fills it in.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        yours: bool,
    },
    /// Somebody holds the task now.
    #[error("{task} is claimed by {holder} until {until}; wait, or {} if the claim is yours", own_claim(*release_first))]
    Claimed {
        task: TaskId,
        holder: String,
        until: Timestamp,
        retry_after_ms: u64,
        /// Its fence does not help: the holder has to give it back.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        release_first: bool,
        /// As in [`Rejection::Fenced`].
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        yours: bool,
    },
    /// Other things have to be settled first.
    #[error("{subject} has to wait for {}", obstacles(by, *more, *parts, inherited_from, failed))]
    Blocked {
        subject: String,
        /// At most ten of them.
        by: Vec<TaskId>,
        /// How many there are beyond those.
        #[serde(default, skip_serializing_if = "is_zero")]
        more: usize,
        /// They are parts of it, and not what it comes after.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        parts: bool,
        /// The tasks it is a part of whose dependencies these are.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        inherited_from: Vec<TaskId>,
        /// Those that failed: waiting for them is in vain.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        failed: Vec<TaskId>,
    },
    /// The tasks would wait for one another.
    #[error("that would make tasks wait for one another: {}", arrows(path))]
    Cycle { path: Vec<String> },
    /// Some criteria do not hold yet.
    #[error("{task} has criteria that are not met: {}; name those that hold in `met`", criteria(open))]
    CriteriaOpen { task: TaskId, open: Vec<OpenCriterion> },
    /// More than there may be.
    #[error("{field}: {problem}")]
    TooBig { field: String, problem: String },
}

/// A criterion that does not hold yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCriterion {
    /// Its number in the task.
    pub number: u32,
    /// What must hold.
    pub text: Text,
}

/// How many ids a message names before it only counts the rest.
pub(crate) const NAMED_MAX: usize = 10;

fn list<T: std::fmt::Display>(ids: &[T]) -> String {
    named(ids, ", ")
}

fn arrows(path: &[String]) -> String {
    named(path, " -> ")
}

fn named<T: std::fmt::Display>(ids: &[T], between: &str) -> String {
    let mut named: Vec<String> = ids.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    if ids.len() > NAMED_MAX {
        named.push(format!("{} more", ids.len() - NAMED_MAX));
    }
    named.join(between)
}

fn wrong_fence(never_given: bool) -> &'static str {
    match never_given {
        true => "was never given out",
        false => "is out of date: it was claimed again since",
    }
}

fn own_claim(release_first: bool) -> &'static str {
    match release_first {
        true => "give it back",
        false => "pass the fence",
    }
}

/// What is in the way, where that comes from, and what of it will not settle by itself.
fn obstacles(by: &[TaskId], more: usize, parts: bool, inherited_from: &[TaskId], failed: &[TaskId]) -> String {
    let mut said = format!("{}{}", if parts { "its parts " } else { "" }, list(by));
    if more > 0 {
        said += &format!(", {more} more");
    }
    if !inherited_from.is_empty() {
        said += &format!(", as a part of {}", list(inherited_from));
    }
    if !failed.is_empty() {
        said += &format!("; {} failed, so waiting is in vain", list(failed));
    }
    said
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn criteria(open: &[OpenCriterion]) -> String {
    let described: Vec<String> = open.iter().map(|one| format!("{} ({})", one.number, &*one.text)).collect();
    list(&described)
}

impl Rejection {
    /// The code that every door shows: `NOT_FOUND`, `VALIDATION`, ...
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "NOT_FOUND",
            Self::Validation { .. } => "VALIDATION",
            Self::Conflict { .. } => "CONFLICT",
            Self::Fenced { .. } => "FENCED",
            Self::Claimed { .. } => "CLAIMED",
            Self::Blocked { .. } => "BLOCKED",
            Self::Cycle { .. } => "CYCLE",
            Self::CriteriaOpen { .. } => "CRITERIA_OPEN",
            Self::TooBig { .. } => "TOO_BIG",
        }
    }

    /// A task where one of the same goal is needed, and the goal it belongs to where that is known.
    pub fn outside(field: impl Into<String>, task: TaskId, owner: Option<GoalId>) -> Self {
        let owner = owner.map(|goal| format!("; it belongs to {goal}")).unwrap_or_default();
        Self::validation(field, format!("{task} is not a task of this goal{owner}"))
    }

    pub(crate) fn validation(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Validation { field: field.into(), problem: problem.into() }
    }

    pub(crate) fn too_big(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::TooBig { field: field.into(), problem: problem.into() }
    }

    pub(crate) fn unknown(id: impl ToString) -> Self {
        Self::NotFound { id: id.to_string(), did_you_mean: Vec::new() }
    }

    /// Somebody holds the task at this moment.
    pub(crate) fn claimed(task: TaskId, claim: &Claim, at: Timestamp) -> Self {
        let wait = claim.until - at;
        Self::Claimed {
            task,
            holder: claim.holder.clone(),
            until: claim.until,
            retry_after_ms: u64::try_from(wait.num_milliseconds()).unwrap_or(0) + 1,
            release_first: false,
            yours: false,
        }
    }

    pub(crate) fn conflict(subject: impl Into<Subject>, problem: impl Into<String>, current_version: u64) -> Self {
        Self::Conflict {
            subject: subject.into().to_string(),
            problem: problem.into(),
            current_version,
            changed_by: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_so_is_not_said() {
        let blocked = |more| Rejection::Blocked {
            subject: "TASK-0001".to_owned(),
            by: vec![TaskId(2)],
            more,
            parts: false,
            inherited_from: Vec::new(),
            failed: Vec::new(),
        };
        let fields = |more| serde_json::to_value(blocked(more)).unwrap();
        assert_eq!(fields(0), serde_json::json!({ "code": "BLOCKED", "subject": "TASK-0001", "by": ["TASK-0002"] }));
        assert_eq!(fields(3)["more"], 3);
    }
}
