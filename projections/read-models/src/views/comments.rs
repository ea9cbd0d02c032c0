//! The view `comments`: what was said, found by its words. What is taken back ends and is found no longer; the past still shows it.

use domain::{TaskId, Timestamp, goal::CommentKind};

use crate::{
    fold::{At, Fold, signed},
    ranged::version_table,
};

version_table! {
    /// A comment, from when it was made until it is taken back.
    CommentVersion in "comments"
    key { goal: i64 as "bigint", comment: i64 as "bigint" }
    always {
        workspace: String as "text",
        kind: String as "text",
        body: String as "text",
        said_at: Timestamp as "timestamptz",
    }
    maybe { task: i64 as "bigint", author: String as "text" }
    derived { words as "tsvector": "to_tsvector('read.words', body)" }
    live { "(task, comment) WHERE task IS NOT NULL", "USING gin (words) WITH (gin_pending_list_limit = 256)" }
    past { "(task, comment) WHERE task IS NOT NULL", "USING gin (words) WITH (gin_pending_list_limit = 256)" }
}

impl Fold {
    pub(crate) fn add_comment(&mut self, at: &At, comment: u32, task: Option<TaskId>, kind: CommentKind, body: &str) {
        self.comments.begin(CommentVersion {
            goal: at.goal,
            comment: comment.into(),
            from_position: at.position,
            to_position: None,
            workspace: at.workspace.to_owned(),
            kind: <&str>::from(kind).to_owned(),
            body: body.to_owned(),
            said_at: at.time,
            task: task.map(|task| signed(task.0)),
            author: at.actor.map(str::to_owned),
        });
    }

    pub(crate) fn retract_comment(&mut self, at: &At, comment: u32) {
        self.comments.end(&(at.goal, comment.into()), at.position);
    }
}
