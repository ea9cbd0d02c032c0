//! What `plan` answers.
//!
//! Tasks are named as texts: by their id, or by their key when they are only supposed.

use domain::{GoalId, time::Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// `plan`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Outlook {
    /// What the answer is true for.
    pub position: u64,
    /// The goal.
    pub goal: GoalId,
    /// How many tasks are left.
    pub left: usize,
    /// Tasks that can be done side by side, one phase after the other.
    pub phases: Vec<Phase>,
    /// The tasks that take longest one after the other; none while no task waits for another.
    pub critical_path: CriticalPath,
    /// When all will be done.
    pub forecast: Expected,
    /// What speaks against it, the worst first.
    pub risks: Vec<Risk>,
    /// What became of the calls that were supposed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Tried>,
    /// How the plan differs from the one without those calls; empty when it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Differences>,
    /// What else could be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Tasks that can be done side by side.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Phase {
    /// In the order in which claim gives them.
    pub tasks: Vec<String>,
    /// How many are not shown.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
}

/// The tasks that take longest one after the other.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct CriticalPath {
    /// How long they take together.
    pub minutes: u64,
    /// In their order.
    pub tasks: Vec<Step>,
}

/// One task of the critical path.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Step {
    /// The task.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How long it will still take.
    pub minutes: u64,
    /// How that is known: estimate, measured (the median of what is done), assumed (an hour), parts (they take the time).
    pub basis: &'static str,
}

/// When all will be done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Expected {
    /// How many work at the same time.
    pub workers: u32,
    /// Where that number is from: given, lately (who claimed tasks of this goal in the last day), or nobody (has, so one).
    pub workers_from: &'static str,
    /// How long they take when every task takes what is expected of it.
    pub minutes: u64,
    /// measured, or too_few: then there are no dates.
    pub basis: &'static str,
    /// How many finished tasks were measured.
    pub samples: usize,
    /// Where: in this goal, or the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples_of: Option<&'static str>,
    /// As likely before as after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50: Option<Timestamp>,
    /// Four times in five before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p80: Option<Timestamp>,
}

/// Something that speaks against the plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Risk {
    /// overdue, failed, late, blocked, lapsed, holds_up or unestimated.
    pub kind: &'static str,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// In words.
    pub what: String,
    /// The tasks that it hits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<String>,
    /// How many of these are not shown.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
}

/// A call that was supposed, and what would come of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Tried {
    /// The tool.
    pub tool: String,
    /// Whether it would be done.
    pub done: bool,
    /// The task that would be claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<String>,
    /// It would change nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
    /// Why it would not be done: code, message, hint.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub refused: Map<String, Value>,
}

/// How one plan differs from another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Differences {
    /// Length of the critical path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical_minutes: Option<Turn>,
    /// How long all workers take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<Turn>,
    /// How many they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<Turn>,
    /// When all is done, as likely before as after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50: Option<Delay>,
    /// When all is done, four times in five before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p80: Option<Delay>,
    /// Tasks that would come.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// Tasks that would not be left.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<String>,
    /// Tasks that would be in another phase.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Move>,
    /// Tasks that would come onto the critical path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub joins_critical_path: Vec<String>,
    /// Tasks that would no longer be on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leaves_critical_path: Vec<String>,
    /// Risks that would come.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub new_risks: Vec<Risk>,
    /// Risks that would go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gone_risks: Vec<Risk>,
}

/// From what there is to what there would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Turn {
    /// As it is.
    pub from: u64,
    /// As it would be.
    pub to: u64,
}

/// From when it will be to when it would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Delay {
    /// As it is.
    pub from: Timestamp,
    /// As it would be, sooner or later.
    pub to: Timestamp,
}

/// A task that would be in another phase.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Move {
    /// The task.
    pub task: String,
    /// Its phase now, from 1.
    pub from: usize,
    /// Its phase then.
    pub to: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}
