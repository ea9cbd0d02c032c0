//! What goals and tasks say about themselves. None of it needs a claim.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Draft, check};
use crate::{
    GoalEvent as E, Rejection, TaskId,
    goal::{CommentKind, Link, Priority, Subject, Text},
    limits,
    time::Due,
};

/// What a goal and a task have in common, read through one window.
struct Described<'a> {
    title: &'a Text,
    description: &'a Option<Text>,
    priority: Priority,
    tags: &'a BTreeSet<String>,
    due: Option<Due>,
    assignee: &'a Option<String>,
    metadata: &'a BTreeMap<String, Value>,
    links: &'a BTreeSet<Link>,
}

macro_rules! described {
    ($from:expr) => {
        Described {
            title: &$from.title,
            description: &$from.description,
            priority: $from.priority,
            tags: &$from.tags,
            due: $from.due,
            assignee: &$from.assignee,
            metadata: &$from.metadata,
            links: &$from.links,
        }
    };
}

fn task_of(subject: Subject) -> Option<TaskId> {
    match subject {
        Subject::Goal(_) => None,
        Subject::Task(task) => Some(task),
    }
}

impl Draft {
    fn described(&self, subject: Subject) -> Result<Described<'_>, Rejection> {
        Ok(match subject {
            Subject::Goal(goal) => described!(self.this_goal(goal)?),
            Subject::Task(task) => described!(self.task(task)?),
        })
    }

    pub(super) fn retitle(&mut self, subject: Subject, title: &Text) -> Result<(), Rejection> {
        let from = self.described(subject)?.title.clone();
        let to = check::title("title", title)?;
        if from != to {
            self.record(match task_of(subject) {
                None => E::GoalRetitled { from, to },
                Some(task) => E::TaskRetitled { task, from, to },
            });
        }
        Ok(())
    }

    pub(super) fn describe(&mut self, subject: Subject, description: Option<&Text>) -> Result<(), Rejection> {
        let from = self.described(subject)?.description.clone();
        let to = check::optional_text("description", description, limits::TEXT_BYTES_MAX)?;
        if from != to {
            self.record(match task_of(subject) {
                None => E::GoalDescribed { from, to },
                Some(task) => E::TaskDescribed { task, from, to },
            });
        }
        Ok(())
    }

    pub(super) fn reprioritise(&mut self, subject: Subject, to: Priority) -> Result<(), Rejection> {
        let from = self.described(subject)?.priority;
        if from != to {
            self.record(match task_of(subject) {
                None => E::GoalReprioritised { from, to },
                Some(task) => E::TaskReprioritised { task, from, to },
            });
        }
        Ok(())
    }

    pub(super) fn tag(&mut self, subject: Subject, tag: &str) -> Result<(), Rejection> {
        let tag = check::tag("tags", tag)?;
        let tags = self.described(subject)?.tags;
        if tags.contains(&tag) {
            return Ok(());
        }
        check::at_most("tags", tags.len() + 1, limits::TAGS_MAX, "tags")?;
        self.record(match task_of(subject) {
            None => E::GoalTagged { tag },
            Some(task) => E::TaskTagged { task, tag },
        });
        Ok(())
    }

    pub(super) fn untag(&mut self, subject: Subject, tag: &str) -> Result<(), Rejection> {
        let tag = tag.trim().to_owned();
        if self.described(subject)?.tags.contains(&tag) {
            self.record(match task_of(subject) {
                None => E::GoalUntagged { tag },
                Some(task) => E::TaskUntagged { task, tag },
            });
        }
        Ok(())
    }

    pub(super) fn set_due(&mut self, subject: Subject, to: Option<Due>) -> Result<(), Rejection> {
        let (from, to) = (self.described(subject)?.due, check::due("due", to)?);
        if from != to {
            self.record(match task_of(subject) {
                None => E::GoalDueSet { from, to },
                Some(task) => E::TaskDueSet { task, from, to },
            });
        }
        Ok(())
    }

    pub(super) fn assign(&mut self, subject: Subject, assignee: Option<&str>) -> Result<(), Rejection> {
        let from = self.described(subject)?.assignee.clone();
        let to = assignee.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
        to.iter().try_for_each(|name| check::one_line("assignee", name, limits::NAME_CHARS_MAX))?;
        if from != to {
            self.record(match task_of(subject) {
                None => E::GoalAssigned { from, to },
                Some(task) => E::TaskAssigned { task, from, to },
            });
        }
        Ok(())
    }

    /// JSON's `null` is a value like any other; only a missing value removes the key.
    pub(super) fn set_metadata(&mut self, subject: Subject, key: &str, value: Option<&Value>) -> Result<(), Rejection> {
        check::metadata(key, value)?;
        let metadata = self.described(subject)?.metadata;
        let (from, to) = (metadata.get(key).cloned(), value.cloned());
        if from == to {
            return Ok(());
        }
        if from.is_none() {
            check::at_most("metadata", metadata.len() + 1, limits::METADATA_KEYS_MAX, "keys")?;
        }
        let key = key.to_owned();
        self.record(match task_of(subject) {
            None => E::GoalMetadataSet { key, from, to },
            Some(task) => E::TaskMetadataSet { task, key, from, to },
        });
        Ok(())
    }

    pub(super) fn add_link(&mut self, subject: Subject, link: &Link) -> Result<(), Rejection> {
        check::link(link)?;
        let links = self.described(subject)?.links;
        if !links.contains(link) {
            check::at_most("links", links.len() + 1, limits::LINKS_MAX, "links")?;
            self.record(E::LinkAdded { task: task_of(subject), link: link.clone() });
        }
        Ok(())
    }

    pub(super) fn remove_link(&mut self, subject: Subject, link: &Link) -> Result<(), Rejection> {
        if self.described(subject)?.links.contains(link) {
            self.record(E::LinkRemoved { task: task_of(subject), link: link.clone() });
        }
        Ok(())
    }

    /// Saying the same thing twice says it twice: only a request id makes a comment a repetition.
    pub(super) fn add_comment(&mut self, subject: Subject, kind: CommentKind, body: &Text) -> Result<(), Rejection> {
        self.described(subject)?;
        let body = check::optional_text("body", Some(body), limits::TEXT_BYTES_MAX)?
            .ok_or_else(|| Rejection::validation("body", "is empty; say something"))?;
        let comment = self.goal.comments.get_max().map_or(0, |(last, _)| *last) + 1;
        self.record(E::CommentAdded { comment, task: task_of(subject), kind, body });
        Ok(())
    }

    pub(super) fn retract_comment(&mut self, number: u32) -> Result<(), Rejection> {
        let comment = self.goal.comments.get(&number);
        let comment = comment.ok_or_else(|| Rejection::unknown(format!("comment {number}")))?;
        let (retracted, task) = (comment.retracted, comment.task);
        if !retracted {
            self.record(E::CommentRetracted { comment: number, task });
        }
        Ok(())
    }
}
