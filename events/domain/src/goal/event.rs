//! What can be stored in a goal's stream, for ever.
//!
//! Adjacently tagged, `{"type": "task_completed", "data": {...}}`; the tag is the one spelling of an event's name, in the log, in
//! subjects, headers, feeds and documents. Changes carry `from` and `to`, so that whatever an event does can be undone from the
//! event alone. Creation events carry their initial tags, dependencies and criteria, so a tree of n tasks is about n events.
//!
//! A shape is never changed in place: raise its version, write an upcaster, and add a sample to `history/`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    text::Text,
    vocabulary::{CommentKind, GoalStatus, Link, Priority, TaskStatus},
};
use crate::{
    GoalId, TaskId,
    time::{Due, Timestamp},
};

/// A criterion as a creation event carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct NewCriterion {
    /// Its number in the task, from 1, never used again.
    pub number: u32,
    /// What must hold.
    pub text: Text,
}

/// Something happened to a goal or to one of its tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::VariantNames)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "fields are named by the vocabulary; the catalogue in events/README.md describes each event"
)]
pub enum GoalEvent {
    // The goal itself.
    GoalCreated {
        goal: GoalId,
        title: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Text>,
        priority: Priority,
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        tags: BTreeSet<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Due>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        metadata: BTreeMap<String, Value>,
    },
    GoalRetitled {
        from: Text,
        to: Text,
    },
    GoalDescribed {
        from: Option<Text>,
        to: Option<Text>,
    },
    GoalReprioritised {
        from: Priority,
        to: Priority,
    },
    GoalTagged {
        tag: String,
    },
    GoalUntagged {
        tag: String,
    },
    GoalDueSet {
        from: Option<Due>,
        to: Option<Due>,
    },
    GoalAssigned {
        from: Option<String>,
        to: Option<String>,
    },
    GoalMetadataSet {
        key: String,
        from: Option<Value>,
        to: Option<Value>,
    },
    GoalStarted {
        from: GoalStatus,
        to: GoalStatus,
    },
    GoalCompleted {
        from: GoalStatus,
        to: GoalStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<Text>,
    },
    GoalCancelled {
        from: GoalStatus,
        to: GoalStatus,
    },
    GoalReopened {
        from: GoalStatus,
        to: GoalStatus,
    },
    GoalArchived {},
    GoalRestored {},

    // Its tasks.
    TaskAdded {
        task: TaskId,
        /// The caller's local name for it, so that a repeated request gets the same answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<TaskId>,
        title: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Text>,
        priority: Priority,
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        tags: BTreeSet<String>,
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        after: BTreeSet<TaskId>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        criteria: Vec<NewCriterion>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        estimate_minutes: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Due>,
    },
    TaskRetitled {
        task: TaskId,
        from: Text,
        to: Text,
    },
    TaskDescribed {
        task: TaskId,
        from: Option<Text>,
        to: Option<Text>,
    },
    TaskReprioritised {
        task: TaskId,
        from: Priority,
        to: Priority,
    },
    TaskTagged {
        task: TaskId,
        tag: String,
    },
    TaskUntagged {
        task: TaskId,
        tag: String,
    },
    TaskEstimated {
        task: TaskId,
        from: Option<u32>,
        to: Option<u32>,
    },
    TaskDueSet {
        task: TaskId,
        from: Option<Due>,
        to: Option<Due>,
    },
    TaskAssigned {
        task: TaskId,
        from: Option<String>,
        to: Option<String>,
    },
    TaskMoved {
        task: TaskId,
        from: Option<TaskId>,
        to: Option<TaskId>,
    },
    TaskMetadataSet {
        task: TaskId,
        key: String,
        from: Option<Value>,
        to: Option<Value>,
    },

    // What must come before, what must hold, what belongs to it.
    DependencyAdded {
        task: TaskId,
        on: TaskId,
    },
    DependencyRemoved {
        task: TaskId,
        on: TaskId,
    },
    CriterionAdded {
        task: TaskId,
        number: u32,
        text: Text,
    },
    CriterionRemoved {
        task: TaskId,
        number: u32,
        text: Text,
    },
    CriterionMet {
        task: TaskId,
        number: u32,
    },
    CriterionUnmet {
        task: TaskId,
        number: u32,
    },
    LinkAdded {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskId>,
        link: Link,
    },
    LinkRemoved {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskId>,
        link: Link,
    },

    // Who works on it.
    TaskClaimed {
        task: TaskId,
        fence: u64,
        holder: String,
        at: Timestamp,
        until: Timestamp,
    },
    ClaimRenewed {
        task: TaskId,
        fence: u64,
        from: Timestamp,
        to: Timestamp,
    },
    ClaimReleased {
        task: TaskId,
        fence: u64,
        holder: String,
    },
    ClaimExpired {
        task: TaskId,
        fence: u64,
        holder: String,
        until: Timestamp,
    },

    // How it goes.
    TaskStarted {
        task: TaskId,
        from: TaskStatus,
        to: TaskStatus,
    },
    TaskBlocked {
        task: TaskId,
        from: TaskStatus,
        to: TaskStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    },
    TaskUnblocked {
        task: TaskId,
        from: TaskStatus,
        to: TaskStatus,
    },
    TaskReviewRequested {
        task: TaskId,
        from: TaskStatus,
        to: TaskStatus,
    },
    TaskCompleted {
        task: TaskId,
        from: TaskStatus,
        to: TaskStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<Text>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Text>,
    },
    TaskFailed {
        task: TaskId,
        from: TaskStatus,
        to: TaskStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<Text>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Text>,
    },
    TaskCancelled {
        task: TaskId,
        from: TaskStatus,
        to: TaskStatus,
    },
    TaskReopened {
        task: TaskId,
        from: TaskStatus,
        to: TaskStatus,
    },
    TaskArchived {
        task: TaskId,
    },
    TaskRestored {
        task: TaskId,
    },

    // What was said.
    CommentAdded {
        /// Its number in the goal, from 1, never used again.
        comment: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskId>,
        kind: CommentKind,
        body: Text,
    },
    CommentRetracted {
        comment: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskId>,
    },

    /// A command with a request id changed nothing, and its repeat shall find a receipt all the same.
    CommandNoted {},
}

impl GoalEvent {
    /// Every event's name, in the order of the catalogue.
    pub const NAMES: &[&str] = <Self as strum::VariantNames>::VARIANTS;

    /// Its name: `task_completed`.
    pub fn name(&self) -> &'static str {
        self.into()
    }

    /// The version of its shape. All shapes are at their first.
    pub fn version(&self) -> &'static str {
        "1"
    }

    /// Whether it may decide if a task other than its own can be begun, as `graph::is_ready` has it: what is open, what is settled, and who
    /// waits for whom. What is not named here may.
    pub fn reaches_other_tasks(&self) -> bool {
        use GoalEvent as E;
        match self {
            E::GoalStarted { from, to } => from.is_open() != to.is_open(),
            E::TaskStarted { from, to, .. }
            | E::TaskBlocked { from, to, .. }
            | E::TaskUnblocked { from, to, .. }
            | E::TaskReviewRequested { from, to, .. }
            | E::TaskFailed { from, to, .. } => from.is_settled() != to.is_settled(),
            E::GoalRetitled { .. }
            | E::GoalDescribed { .. }
            | E::GoalReprioritised { .. }
            | E::GoalTagged { .. }
            | E::GoalUntagged { .. }
            | E::GoalDueSet { .. }
            | E::GoalAssigned { .. }
            | E::GoalMetadataSet { .. }
            | E::CommandNoted {}
            | E::TaskRetitled { .. }
            | E::TaskDescribed { .. }
            | E::TaskReprioritised { .. }
            | E::TaskTagged { .. }
            | E::TaskUntagged { .. }
            | E::TaskEstimated { .. }
            | E::TaskDueSet { .. }
            | E::TaskAssigned { .. }
            | E::TaskMetadataSet { .. }
            | E::CriterionAdded { .. }
            | E::CriterionRemoved { .. }
            | E::CriterionMet { .. }
            | E::CriterionUnmet { .. }
            | E::TaskClaimed { .. }
            | E::ClaimRenewed { .. }
            | E::ClaimReleased { .. }
            | E::ClaimExpired { .. }
            | E::LinkAdded { .. }
            | E::LinkRemoved { .. }
            | E::CommentAdded { .. }
            | E::CommentRetracted { .. } => false,
            _ => true,
        }
    }

    /// The task it is about; `None` when it is about the goal.
    pub fn task(&self) -> Option<TaskId> {
        use GoalEvent as E;
        match *self {
            E::GoalCreated { .. }
            | E::GoalRetitled { .. }
            | E::GoalDescribed { .. }
            | E::GoalReprioritised { .. }
            | E::GoalTagged { .. }
            | E::GoalUntagged { .. }
            | E::GoalDueSet { .. }
            | E::GoalAssigned { .. }
            | E::GoalMetadataSet { .. }
            | E::GoalStarted { .. }
            | E::GoalCompleted { .. }
            | E::GoalCancelled { .. }
            | E::GoalReopened { .. }
            | E::GoalArchived {}
            | E::GoalRestored {}
            | E::CommandNoted {} => None,
            E::TaskAdded { task, .. }
            | E::TaskRetitled { task, .. }
            | E::TaskDescribed { task, .. }
            | E::TaskReprioritised { task, .. }
            | E::TaskTagged { task, .. }
            | E::TaskUntagged { task, .. }
            | E::TaskEstimated { task, .. }
            | E::TaskDueSet { task, .. }
            | E::TaskAssigned { task, .. }
            | E::TaskMoved { task, .. }
            | E::TaskMetadataSet { task, .. }
            | E::DependencyAdded { task, .. }
            | E::DependencyRemoved { task, .. }
            | E::CriterionAdded { task, .. }
            | E::CriterionRemoved { task, .. }
            | E::CriterionMet { task, .. }
            | E::CriterionUnmet { task, .. }
            | E::TaskClaimed { task, .. }
            | E::ClaimRenewed { task, .. }
            | E::ClaimReleased { task, .. }
            | E::ClaimExpired { task, .. }
            | E::TaskStarted { task, .. }
            | E::TaskBlocked { task, .. }
            | E::TaskUnblocked { task, .. }
            | E::TaskReviewRequested { task, .. }
            | E::TaskCompleted { task, .. }
            | E::TaskFailed { task, .. }
            | E::TaskCancelled { task, .. }
            | E::TaskReopened { task, .. }
            | E::TaskArchived { task }
            | E::TaskRestored { task } => Some(task),
            E::LinkAdded { task, .. }
            | E::LinkRemoved { task, .. }
            | E::CommentAdded { task, .. }
            | E::CommentRetracted { task, .. } => task,
        }
    }
}

impl cqrs_es::DomainEvent for GoalEvent {
    fn event_type(&self) -> String {
        self.name().to_owned()
    }

    fn event_version(&self) -> String {
        self.version().to_owned()
    }
}
