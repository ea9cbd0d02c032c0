//! One change of one goal or task.

use domain::{GoalId, TaskId};
use goal_agent::{
    Caller, GoalAgent, Refusal,
    reply::Stored,
    request::{Set, Update},
};

/// What came of it.
pub(super) struct Changed {
    pub(super) stored: Stored,
    pub(super) goal: GoalId,
    pub(super) unblocked: Vec<TaskId>,
}

/// Sets something on one goal or task.
pub(super) async fn set_on(
    agent: &GoalAgent,
    caller: &Caller,
    id: String,
    set: Set,
    request_id: Option<String>,
) -> Result<Changed, Refusal> {
    change(agent, caller, Update { ids: vec![id], set, request_id, ..Update::default() }).await
}

/// The same with a reason.
pub(super) async fn change(agent: &GoalAgent, caller: &Caller, update: Update) -> Result<Changed, Refusal> {
    let updated = agent.update(caller, update).await?;
    let receipt = updated.receipts.into_iter().next().expect("what has one id and was not refused has one receipt");
    Ok(Changed { stored: receipt.stored, goal: receipt.goal, unblocked: updated.unblocked })
}
