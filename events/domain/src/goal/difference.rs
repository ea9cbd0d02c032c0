//! What an event changed, field by field, for people who read history.
//!
//! Fields have the names that the tools give them. What a task or goal began with counts as a change from nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::event::GoalEvent;

/// One field before and after an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// For example `status`; of metadata with its key, `metadata.ticket`.
    pub field: String,
    /// What it was; nothing when it was not there.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(schema_with = "anything")]
    pub from: Value,
    /// What it became; nothing when it is gone.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(schema_with = "anything")]
    pub to: Value,
}

/// A schema that says no more than there is to say: some readers of schemas take `true` for a mistake.
fn anything(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({})
}

impl GoalEvent {
    /// The fields that it changed, each with what it was and what it became. Only `command_noted` changed none.
    pub fn differences(&self) -> Vec<Difference> {
        match self {
            Self::GoalCreated { .. } | Self::TaskAdded { .. } => self.beginnings(),
            Self::TaskClaimed { .. }
            | Self::ClaimRenewed { .. }
            | Self::ClaimReleased { .. }
            | Self::ClaimExpired { .. } => self.of_claim().into_iter().collect(),
            _ => self.of_words().or_else(|| self.of_parts()).map_or_else(|| self.of_status(), |one| vec![one]),
        }
    }

    /// What a goal or task began with.
    fn beginnings(&self) -> Vec<Difference> {
        let fields = match self {
            Self::GoalCreated { goal: _, title, description, priority, tags, due, metadata } => {
                let mut fields = vec![
                    added("title", title),
                    added("description", description),
                    added("priority", priority),
                    added("tags", tags),
                    added("due", due),
                ];
                fields.extend(metadata.iter().map(|(key, value)| added(&format!("metadata.{key}"), value)));
                fields
            }
            Self::TaskAdded {
                task: _,
                key: _,
                parent,
                title,
                description,
                priority,
                tags,
                after,
                criteria,
                estimate_minutes,
                due,
            } => vec![
                added("title", title),
                added("description", description),
                added("priority", priority),
                added("parent", parent),
                added("tags", tags),
                added("after", after),
                added("accept", criteria),
                added("estimate", estimate_minutes),
                added("due", due),
            ],
            _ => Vec::new(),
        };
        fields.into_iter().filter(Difference::says_something).collect()
    }

    /// One field that had a value and got another one.
    fn of_words(&self) -> Option<Difference> {
        Some(match self {
            Self::GoalRetitled { from, to } | Self::TaskRetitled { from, to, .. } => changed("title", from, to),
            Self::GoalDescribed { from, to } | Self::TaskDescribed { from, to, .. } => changed("description", from, to),
            Self::GoalReprioritised { from, to } | Self::TaskReprioritised { from, to, .. } => {
                changed("priority", from, to)
            }
            Self::GoalDueSet { from, to } | Self::TaskDueSet { from, to, .. } => changed("due", from, to),
            Self::GoalAssigned { from, to } | Self::TaskAssigned { from, to, .. } => changed("assignee", from, to),
            Self::TaskEstimated { from, to, .. } => changed("estimate", from, to),
            Self::TaskMoved { from, to, .. } => changed("parent", from, to),
            Self::GoalMetadataSet { key, from, to } | Self::TaskMetadataSet { key, from, to, .. } => {
                changed(&format!("metadata.{key}"), from, to)
            }
            Self::GoalArchived {} | Self::TaskArchived { .. } => changed("archived", false, true),
            Self::GoalRestored {} | Self::TaskRestored { .. } => changed("archived", true, false),
            _ => return None,
        })
    }

    /// One thing more or less in a field that holds several.
    fn of_parts(&self) -> Option<Difference> {
        Some(match self {
            Self::GoalTagged { tag } | Self::TaskTagged { tag, .. } => added("tags", tag),
            Self::GoalUntagged { tag } | Self::TaskUntagged { tag, .. } => removed("tags", tag),
            Self::DependencyAdded { on, .. } => added("after", on),
            Self::DependencyRemoved { on, .. } => removed("after", on),
            Self::CriterionAdded { number, text, .. } => added("accept", json!({ "number": number, "text": text })),
            Self::CriterionRemoved { number, text, .. } => removed("accept", json!({ "number": number, "text": text })),
            Self::CriterionMet { number, .. } => added("met", number),
            Self::CriterionUnmet { number, .. } => removed("met", number),
            Self::LinkAdded { link, .. } => added("links", link),
            Self::LinkRemoved { link, .. } => removed("links", link),
            Self::CommentAdded { comment, kind, body, .. } => {
                added("comments", json!({ "number": comment, "kind": kind, "body": body }))
            }
            Self::CommentRetracted { comment, .. } => removed("comments", json!({ "number": comment })),
            _ => return None,
        })
    }

    fn of_claim(&self) -> Option<Difference> {
        let claim = |fence: &u64, holder: &str| json!({ "holder": holder, "fence": fence });
        Some(match self {
            Self::TaskClaimed { fence, holder, until, .. } => {
                added("claim", json!({ "holder": holder, "fence": fence, "until": until }))
            }
            Self::ClaimRenewed { from, to, .. } => changed("claim.until", from, to),
            Self::ClaimReleased { fence, holder, .. } | Self::ClaimExpired { fence, holder, .. } => {
                removed("claim", claim(fence, holder))
            }
            _ => return None,
        })
    }

    /// The status, and what was said with it.
    fn of_status(&self) -> Vec<Difference> {
        let said = match self {
            Self::GoalStarted { from, to } | Self::GoalCancelled { from, to } | Self::GoalReopened { from, to } => {
                vec![changed("status", from, to)]
            }
            Self::GoalCompleted { from, to, result } => vec![changed("status", from, to), added("result", result)],
            Self::TaskStarted { from, to, .. }
            | Self::TaskUnblocked { from, to, .. }
            | Self::TaskReviewRequested { from, to, .. }
            | Self::TaskCancelled { from, to, .. }
            | Self::TaskReopened { from, to, .. } => vec![changed("status", from, to)],
            Self::TaskBlocked { from, to, reason, .. } => {
                let status = (from != to).then(|| changed("status", from, to));
                status.into_iter().chain([added("reason", reason)]).collect()
            }
            Self::TaskCompleted { from, to, result, evidence, .. }
            | Self::TaskFailed { from, to, result, evidence, .. } => {
                vec![changed("status", from, to), added("result", result), added("evidence", evidence)]
            }
            _ => Vec::new(),
        };
        said.into_iter().filter(Difference::says_something).collect()
    }
}

impl Difference {
    /// An empty field that stays empty is no change.
    fn says_something(&self) -> bool {
        let is_empty = |value: &Value| match value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        !(is_empty(&self.from) && is_empty(&self.to))
    }
}

fn changed(field: &str, from: impl Serialize, to: impl Serialize) -> Difference {
    Difference { field: field.to_owned(), from: value(from), to: value(to) }
}

fn added(field: &str, to: impl Serialize) -> Difference {
    changed(field, (), to)
}

fn removed(field: &str, from: impl Serialize) -> Difference {
    changed(field, from, ())
}

/// Parts of an event: always JSON.
fn value(part: impl Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}
