//! The view `tags`: which goal or task carries which tag.

use std::collections::BTreeSet;

use domain::TaskId;

use super::{GOAL, TASK};
use crate::{
    fold::{At, Fold, signed},
    ranged::version_table,
};

version_table! {
    /// A goal or task carries a tag.
    TagVersion in "tags"
    key { kind: String as "text", number: i64 as "bigint", tag: String as "text" }
    always { goal: i64 as "bigint", workspace: String as "text" }
    maybe {}
    derived {}
    live { "(tag, kind, number)" }
    past {}
}

impl Fold {
    pub(crate) fn begin_tags(&mut self, at: &At, task: Option<TaskId>, tags: &BTreeSet<String>) {
        tags.iter().for_each(|tag| self.tags.begin(version(at, task, tag)));
    }

    pub(crate) fn tag(&mut self, at: &At, task: Option<TaskId>, tag: &str) {
        self.tags.put(version(at, task, tag));
    }

    pub(crate) fn untag(&mut self, at: &At, task: Option<TaskId>, tag: &str) {
        let TagVersion { kind, number, tag, .. } = version(at, task, tag);
        self.tags.end(&(kind, number, tag), at.position);
    }
}

fn version(at: &At, task: Option<TaskId>, tag: &str) -> TagVersion {
    let (kind, number) = task.map_or((GOAL, at.goal), |task| (TASK, signed(task.0)));
    TagVersion {
        kind: kind.to_owned(),
        number,
        tag: tag.to_owned(),
        from_position: at.position,
        to_position: None,
        goal: at.goal,
        workspace: at.workspace.to_owned(),
    }
}
