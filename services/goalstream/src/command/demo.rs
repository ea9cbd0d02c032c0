//! `--demo`: a board worth looking at. Real plans through the real door, and some work done on them by a few agents.
//!
//! Every request has an id, so a second `--demo` finds everything done already and changes nothing.

use domain::ActorKind;
use goal_agent::{
    Caller, GoalAgent, Refusal,
    reply::Planned,
    request::{AddComment, Claim, Complete, CreateGoal, Set, Update},
};

use super::import::{describe, plant};

const PLANS: &str = include_str!("../../demo/plans.json");
/// Tasks completed of each plan: some nearly there, some just begun.
const COMPLETIONS: [usize; 3] = [6, 2, 1];

/// Creates the example's goals and does some of their work.
pub(super) async fn fill(agent: &GoalAgent) -> anyhow::Result<()> {
    let plans: Vec<CreateGoal> = serde_json::from_str(PLANS)?;
    for (number, (plan, completions)) in plans.into_iter().zip(COMPLETIONS).enumerate() {
        let person = Caller::new("demo-planner", ActorKind::Human);
        let planned = plant(agent, &person, &format!("demo-plan-{number}"), plan).await?;
        Worker { agent, plan: number }.work(&planned, completions).await?;
    }
    Ok(())
}

/// Takes up tasks as they become ready, in turns.
struct Worker<'a> {
    agent: &'a GoalAgent,
    plan: usize,
}

impl Worker<'_> {
    /// Completes some tasks of a goal, and leaves one claimed, one blocked and one in review.
    async fn work(&self, planned: &Planned, completions: usize) -> anyhow::Result<()> {
        let mut ready = planned.ready.clone();
        for turn in 0..completions {
            let Some(task) = ready.first().copied() else { return Ok(()) };
            let who = self.agent_in(turn);
            let fence = self.claim(&who, task, turn).await?;
            let request = Complete {
                id: task.to_string(),
                result: Some("Done and checked.".to_owned()),
                met: self.criteria(&who, task).await?,
                fence,
                request_id: Some(self.id(turn, "complete")),
                ..Complete::default()
            };
            let completed = self.agent.complete(&who, request).await.map_err(|refusal| describe(&refusal))?;
            ready.remove(0);
            ready.extend(completed.unblocked);
        }
        self.leave_in_progress(&ready, completions).await
    }

    async fn leave_in_progress(&self, ready: &[domain::TaskId], turn: usize) -> anyhow::Result<()> {
        use domain::goal::TaskStatus::{Blocked, InReview};
        for (offset, (task, status)) in ready.iter().zip([None, Some(Blocked), Some(InReview)]).enumerate() {
            let (turn, who) = (turn + offset, self.agent_in(turn + offset));
            let fence = self.claim(&who, *task, turn).await?;
            let Some(status) = status else { continue };
            let request = Update {
                ids: vec![task.to_string()],
                set: Set { status: Some(status), ..Set::default() },
                fence,
                why: Some(
                    if status == Blocked { "Waiting for access to the test account." } else { "Please have a look." }
                        .to_owned(),
                ),
                request_id: Some(self.id(turn, "status")),
                ..Update::default()
            };
            self.agent.update(&who, request).await.map_err(|refusal| describe(&refusal))?;
            let request = AddComment {
                id: task.to_string(),
                body: "Picked this up; notes follow.".to_owned(),
                request_id: Some(self.id(turn, "comment")),
                ..AddComment::default()
            };
            self.agent.comment(&who, request).await.map_err(|refusal| describe(&refusal))?;
        }
        Ok(())
    }

    /// The fence, unless the lease of an earlier `--demo` has long been given up.
    async fn claim(&self, who: &Caller, task: domain::TaskId, turn: usize) -> anyhow::Result<Option<u64>> {
        let request = Claim {
            id: Some(task.to_string()),
            ttl: Some(7_200),
            request_id: Some(self.id(turn, "claim")),
            ..Claim::default()
        };
        match self.agent.claim(who, request).await {
            Ok(claimed) => Ok(claimed.fence),
            Err(Refusal::Rejected(_)) => Ok(None),
            Err(failure) => Err(describe(&failure)),
        }
    }

    async fn criteria(&self, who: &Caller, task: domain::TaskId) -> anyhow::Result<Vec<u32>> {
        let request = goal_agent::request::Get { ids: vec![task.to_string()], ..Default::default() };
        let found = self.agent.get(who, request).await.map_err(|refusal| describe(&refusal))?;
        Ok(found.tasks.iter().flat_map(|task| task.row.criteria.iter().map(|criterion| criterion.number)).collect())
    }

    fn agent_in(&self, turn: usize) -> Caller {
        let names = ["demo-agent-1", "demo-agent-2", "demo-agent-3"];
        Caller::new(names[(self.plan + turn) % names.len()], ActorKind::Agent)
    }

    fn id(&self, turn: usize, what: &str) -> String {
        format!("demo-{}-{turn}-{what}", self.plan)
    }
}
