//! The view `claims`: who holds which task until when. What has run out stays until an event says so; readers judge `ends_at`.

use domain::{TaskId, Timestamp};

use crate::{
    fold::{At, Fold, signed},
    ranged::version_table,
};

version_table! {
    /// One version of a lease.
    ClaimVersion in "claims"
    key { task: i64 as "bigint" }
    always {
        goal: i64 as "bigint",
        workspace: String as "text",
        holder: String as "text",
        fence: i64 as "bigint",
        since: Timestamp as "timestamptz",
        ends_at: Timestamp as "timestamptz",
    }
    maybe {}
    derived {}
    live { "(holder)", "(ends_at)" }
    past {}
}

/// What a claim says.
pub(crate) struct NewClaim<'a> {
    pub(crate) task: TaskId,
    pub(crate) holder: &'a str,
    pub(crate) fence: u64,
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
}

impl Fold {
    pub(crate) fn claim(&mut self, at: &At, new: &NewClaim) {
        self.claims.put(ClaimVersion {
            task: signed(new.task.0),
            from_position: at.position,
            to_position: None,
            goal: at.goal,
            workspace: at.workspace.to_owned(),
            holder: new.holder.to_owned(),
            fence: signed(new.fence),
            since: new.since,
            ends_at: new.until,
        });
        self.change_task(at, new.task, |_| ());
    }

    pub(crate) fn renew_claim(&mut self, at: &At, task: TaskId, until: Timestamp) {
        self.claims.change((signed(task.0),), at.position, |claim| claim.ends_at = until);
        self.change_task(at, task, |_| ());
    }

    /// The lease is over, for whichever reason; the event that ended it makes the task's new version.
    pub(crate) fn end_claim(&mut self, at: &At, task: TaskId) {
        self.claims.end(&(signed(task.0),), at.position);
    }
}
