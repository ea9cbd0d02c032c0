//! Writing down that leases have run out. They end by themselves, and the next claim of such a task says so too; whoever follows the feed
//! may want to read it sooner.

use std::collections::BTreeMap;

use domain::{ActorKind, GoalCommand, GoalId, TaskId, Timestamp, Workspace};
use read_models::{LapsedClaim, ReadAt};

use crate::{Caller, GoalAgent, locate::read_failed, order::Envelope, refusal::Refusal};

/// Leases that one sweep writes down; the rest waits for the next.
const SWEPT_MAX: u32 = 1_000;
/// Who does it.
const SWEEPER: &str = "goalstream";
/// Why, as history tells it.
const WHY: &str = "the lease has run out";

impl GoalAgent {
    /// Says of leases that have run out that they did, and answers of how many. Nothing is decided by what the views say: where a lease was
    /// renewed or given back meanwhile, or another node was here before, nothing is stored.
    ///
    /// # Errors
    /// The views cannot be read, or a goal refused. Other goals are not kept from it.
    pub async fn sweep(&self) -> Result<usize, Refusal> {
        let read = ReadAt::latest(chrono::Utc::now());
        let lapsed = self.views.lapsed(None, &read, SWEPT_MAX).await.map_err(read_failed)?.value;
        let (mut expired, mut refused) = (0, None);
        for ((workspace, goal), commands) in by_goal(lapsed) {
            match self.expire(workspace, goal, commands).await {
                Ok(events) => expired += events,
                Err(refusal) => refused = Some(refusal),
            }
        }
        refused.map_or(Ok(expired), Err)
    }

    /// The tasks whose leases have ended since a moment, and not after another, with their goals. `None` when those are too many to be told.
    ///
    /// # Errors
    /// The views cannot be read.
    pub async fn leases_ended(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Vec<(GoalId, TaskId)>>, Refusal> {
        let read = ReadAt::latest(until);
        let lapsed = self.views.lapsed(Some(since), &read, SWEPT_MAX).await.map_err(read_failed)?.value;
        let all = lapsed.len() < SWEPT_MAX as usize;
        Ok(all.then(|| lapsed.iter().map(|lapsed| (lapsed.goal, lapsed.task)).collect()))
    }

    async fn expire(&self, workspace: Workspace, goal: GoalId, commands: Vec<GoalCommand>) -> Result<usize, Refusal> {
        let _place = self.doors.writes.enter()?;
        let caller = Caller { workspace, ..Caller::new(SWEEPER, ActorKind::System) };
        let envelope = Envelope::seal(&caller, "sweep", &commands.len(), None, Some(WHY))?;
        let done = self.execute(&caller, envelope.order(0, goal, commands, Vec::new())).await?;
        Ok(done.events.len())
    }
}

fn by_goal(lapsed: Vec<LapsedClaim>) -> BTreeMap<(Workspace, GoalId), Vec<GoalCommand>> {
    let mut goals: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for LapsedClaim { task, goal, workspace } in lapsed {
        goals.entry((workspace, goal)).or_default().push(GoalCommand::ExpireClaim { task });
    }
    goals
}
