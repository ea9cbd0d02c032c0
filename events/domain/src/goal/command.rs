//! What can be asked of a goal. Commands ask, events tell; neither says "update".

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    text::Text,
    vocabulary::{CommentKind, Link, Priority, Subject},
};
use crate::{
    GoalId, TaskId,
    time::{Due, Timestamp},
};

/// What one request asks of one goal: its commands take effect together or not at all, each decided on top of the one before.
#[derive(Debug, Clone, PartialEq)]
pub struct Instruction {
    /// The time at which it is decided.
    pub at: Timestamp,
    /// What the caller relies on; looked at before anything is decided.
    pub expect: Vec<Expectation>,
    /// What is asked.
    pub commands: Vec<GoalCommand>,
    /// Leave a `command_noted` when nothing changes, so that a repeat finds its receipt.
    pub noted: bool,
}

/// What has to be so still; otherwise nothing is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named by the vocabulary, and each variant says what it expects")]
pub enum Expectation {
    /// "Nobody has claimed the task since I did." Whatever is written then, even what needs no claim.
    Fence { task: TaskId, fence: u64 },
    /// "It is at the version I saw."
    Version { subject: Subject, version: u64 },
}

/// A task to be added, with the id it will have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlannedTask {
    /// Its id, minted by the caller of the decision.
    pub id: TaskId,
    /// Where the caller wrote it, for example `tasks[2].subtasks[0]`, so that a refusal can name the field.
    pub field: String,
    /// A local name by which others of the same command can name it.
    pub key: Option<String>,
    /// The task it is a part of: one of the goal's, or an earlier one of the same command.
    pub parent: Option<TaskId>,
    /// One line that says what is to be done.
    pub title: Text,
    /// Everything else about it.
    pub description: Option<Text>,
    /// How much it matters.
    pub priority: Priority,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// What must be settled before it may start.
    pub after: Vec<TaskReference>,
    /// What must hold for it to be done.
    pub accept: Vec<Text>,
    /// How long it should take.
    pub estimate_minutes: Option<u32>,
    /// When it is due.
    pub due: Option<Due>,
}

/// A task named by its id, or by the local key it has in the same command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskReference {
    /// One of the goal's tasks, or one being added.
    Id(TaskId),
    /// One being added by the same command.
    Key(String),
}

/// One thing that can be asked.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
#[expect(missing_docs, reason = "fields are named by the vocabulary, and each variant says what it asks")]
pub enum GoalCommand {
    /// Begin a goal, with its first tree of tasks.
    CreateGoal {
        goal: GoalId,
        title: Text,
        description: Option<Text>,
        priority: Priority,
        tags: BTreeSet<String>,
        due: Option<Due>,
        metadata: BTreeMap<String, Value>,
        tasks: Vec<PlannedTask>,
    },
    /// Add a tree of tasks.
    AddTasks { tasks: Vec<PlannedTask> },

    // What a goal and a task have in common.
    /// Say it in other words.
    Retitle { subject: Subject, title: Text },
    /// Say more, or nothing, about it.
    Describe { subject: Subject, description: Option<Text> },
    /// Make it matter more or less.
    Reprioritise { subject: Subject, priority: Priority },
    /// Put a tag on it.
    Tag { subject: Subject, tag: String },
    /// Take a tag off.
    Untag { subject: Subject, tag: String },
    /// Say when it is due, or that it is not.
    SetDue { subject: Subject, due: Option<Due> },
    /// Say who looks after it, or that nobody does.
    Assign { subject: Subject, assignee: Option<String> },
    /// Keep a value with it, or stop keeping it.
    SetMetadata { subject: Subject, key: String, value: Option<Value> },
    /// Point to something.
    AddLink { subject: Subject, link: Link },
    /// Stop pointing to it.
    RemoveLink { subject: Subject, link: Link },
    /// Put it aside; with a task go its parts.
    Archive { subject: Subject },
    /// Take it back; with a task come the tasks it is a part of.
    Restore { subject: Subject },
    /// Say something about it.
    AddComment { subject: Subject, kind: CommentKind, body: Text },
    /// Take a comment back.
    RetractComment { comment: u32 },

    // The goal's own course.
    /// Begin work on the goal.
    StartGoal,
    /// The goal is reached.
    CompleteGoal { result: Option<Text> },
    /// The goal is given up.
    CancelGoal,
    /// The goal is wanted again, or waits again when nobody has worked on it.
    ReopenGoal,

    // A task's place in the plan.
    /// Say how long it should take.
    Estimate { task: TaskId, minutes: Option<u32> },
    /// Make it a part of another task of the goal, or of the goal itself.
    MoveTask { task: TaskId, parent: Option<TaskId> },
    /// Let it wait for another.
    AddDependency { task: TaskId, on: TaskId },
    /// Let it wait no longer.
    RemoveDependency { task: TaskId, on: TaskId },
    /// Say what must hold for it to be done.
    AddCriterion { task: TaskId, text: Text },
    /// It need not hold after all.
    RemoveCriterion { task: TaskId, number: u32 },
    /// It holds.
    MeetCriterion { task: TaskId, number: u32, fence: Option<u64> },
    /// It does not hold after all.
    UnmeetCriterion { task: TaskId, number: u32, fence: Option<u64> },

    // Work on a task.
    /// Take it for some time, alone.
    ClaimTask { task: TaskId, holder: String, until: Timestamp },
    /// Keep it longer.
    RenewClaim { task: TaskId, fence: u64, until: Timestamp },
    /// Give it back.
    ReleaseClaim { task: TaskId, fence: u64 },
    /// Record that a lease has run out.
    ExpireClaim { task: TaskId },
    /// Begin.
    StartTask { task: TaskId, fence: Option<u64> },
    /// It cannot go on.
    BlockTask { task: TaskId, reason: Option<Text>, fence: Option<u64> },
    /// It can go on.
    UnblockTask { task: TaskId, fence: Option<u64> },
    /// Let somebody else look at it.
    RequestReview { task: TaskId, fence: Option<u64> },
    /// It is done, and these criteria hold.
    CompleteTask { task: TaskId, result: Option<Text>, evidence: Vec<Text>, met: Vec<u32>, fence: Option<u64> },
    /// It was tried and not reached.
    FailTask { task: TaskId, result: Option<Text>, evidence: Vec<Text>, fence: Option<u64> },
    /// It is given up, with its parts.
    CancelTask { task: TaskId },
    /// It waits again, from wherever it stands.
    ReopenTask { task: TaskId },
}

impl GoalCommand {
    /// Every command's name.
    pub const NAMES: &[&str] = <Self as strum::VariantNames>::VARIANTS;

    /// Its name: `complete_task`.
    pub fn name(&self) -> &'static str {
        self.into()
    }
}
