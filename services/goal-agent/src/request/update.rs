//! `update`: words, state and belongings.

use std::collections::BTreeMap;

use domain::{
    goal::{GoalStatus, Link, Priority, TaskStatus},
    time::Due,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::Estimate;

/// Change goals and tasks: their words, their state, what belongs to them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// Goal and task ids, up to 100. All of one goal change together or not at all.
    pub ids: Vec<String>,
    /// New values; null clears one.
    #[serde(default, skip_serializing_if = "Set::is_empty")]
    pub set: Set,
    /// What to add.
    #[serde(default, skip_serializing_if = "Lists::is_empty")]
    pub add: Lists,
    /// What to remove.
    #[serde(default, skip_serializing_if = "Lists::is_empty")]
    pub remove: Lists,
    /// Only if it is still at the version you read; with one id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect_version: Option<u64>,
    /// The fence from your claim; needed to change the status of a claimed task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<u64>,
    /// Why, for those who read the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// New values. A field that is not there stays as it is; one that is null is cleared, or refused where there must be something.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Set {
    /// In one line of 1 to 200 characters.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Markdown, or null.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub description: Option<Option<String>>,
    /// Tasks: pending, in_progress, blocked, in_review, completed, failed, cancelled. Goals: pending, in_progress, completed, cancelled.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub status: Option<TaskStatus>,
    /// low, medium, high or critical.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// A day, a moment, or null.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub due: Option<Option<Due>>,
    /// Whole minutes, a text such as 1h30m, or null.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Estimate>")]
    pub estimate: Option<Option<Estimate>>,
    /// Who looks after it, or null.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub assignee: Option<Option<String>>,
    /// The task it becomes a part of (same goal), or null for directly below the goal.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub parent: Option<Option<String>>,
    /// Values by key; null removes a key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, Value>,
    /// true puts it aside, false takes it back.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
}

impl Set {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What can be added and removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lists {
    /// Tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Task ids that must be done before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// Pointers: {rel, to}.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Criteria: their text; to remove one, its text or its number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<String>,
}

impl Lists {
    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Statuses of tasks that are statuses of goals too.
pub(crate) fn goal_status(status: TaskStatus) -> Option<GoalStatus> {
    <&str>::from(status).parse().ok()
}

/// Tells "not there" (`None`) from "there, and null" (`Some(None)`).
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What is always something: null would be lost as "not there", and somebody meant to clear it.
fn never_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
