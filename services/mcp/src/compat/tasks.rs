//! Tasks: what is next, read, brought forward, put aside; one by one, or many.

use domain::GoalId;
use goal_agent::{
    Caller, GoalAgent, Refusal,
    reply::TaskObject,
    request::{Complete, Find, FindView, Get, Kind, Outcome, Set, Update},
};
use serde_json::{Map, Value};

use super::{
    answers::{NextTasks, TaskDeleted, TaskRead, TaskWritten, Tasks, Updates},
    refusals,
    requests::{BatchGetTasks, BatchUpdateTasks, DeleteTask, GetNextTasks, GetTask, TaskUpdate, UpdateTaskStatus},
    setting::{change, set_on},
    statuses::TaskStatus,
};
use crate::answer::Told;

/// Tasks that are proposed at once.
const NEXT_TASKS: u32 = 20;
/// Updates of one call: as many as `update` takes ids.
const UPDATES_MAX: usize = 100;

pub(super) async fn next(agent: &GoalAgent, caller: &Caller, asked: GetNextTasks) -> Result<NextTasks, Refusal> {
    let ready = Find {
        view: Some(FindView::Ready),
        kind: Some(Kind::Task),
        goal: asked.goal_id,
        // Nobody says here that a task is theirs: one that was begun counts as taken.
        status: vec![domain::goal::TaskStatus::Pending],
        limit: Some(NEXT_TASKS),
        ..Find::default()
    };
    let found = agent.find(caller, ready).await?;
    let ids: Vec<String> = found.rows.iter().map(|row| row.id.to_string()).collect();
    if ids.is_empty() {
        return Ok(NextTasks { position: found.position, tasks: Vec::new(), further: Vec::new() });
    }
    let read = Get { ids: ids.clone(), min_position: Some(found.position), ..Get::default() };
    let read = agent.get(caller, read).await?;
    let further = ids.into_iter().skip(read.tasks.len()).collect();
    Ok(NextTasks { position: read.position, tasks: told(read.tasks), further })
}

pub(super) async fn get(agent: &GoalAgent, caller: &Caller, asked: GetTask) -> Result<TaskRead, Refusal> {
    check_task("task_id", &asked.task_id)?;
    let read = agent.get(caller, Get { ids: vec![asked.task_id], ..Get::default() }).await?;
    let task = read.tasks.into_iter().next().expect("a task that was asked for alone is there or refused");
    Ok(TaskRead { position: read.position, task: task.row.into() })
}

pub(super) async fn batch_get(agent: &GoalAgent, caller: &Caller, asked: BatchGetTasks) -> Result<Tasks, Refusal> {
    for (index, id) in asked.task_ids.iter().enumerate() {
        check_task(&format!("task_ids[{index}]"), id)?;
    }
    let total = asked.task_ids.len();
    let read = agent.get(caller, Get { ids: asked.task_ids, cursor: asked.cursor, ..Get::default() }).await?;
    Ok(Tasks { position: read.position, tasks: told(read.tasks), not_found: read.missing, total, more: read.more })
}

pub(super) async fn update_status(
    agent: &GoalAgent,
    caller: &Caller,
    asked: UpdateTaskStatus,
) -> Result<TaskWritten, Refusal> {
    let UpdateTaskStatus { task_id, status, result, request_id } = asked;
    check_task("task_id", &task_id)?;
    let id = task_id.trim().to_owned();
    let outcome = match status {
        TaskStatus::Completed => Some(Outcome::Done),
        TaskStatus::Failed => Some(Outcome::Failed),
        _ => None,
    };
    let (stored, unblocked, hint) = match outcome {
        Some(outcome) => {
            let request = Complete { id: task_id, outcome, result, request_id, ..Complete::default() };
            let completed = agent.complete(caller, request).await?;
            (completed.stored, completed.unblocked, completed.hint)
        }
        None => {
            let set = Set { status: Some(status.into()), ..Set::default() };
            let request = Update { ids: vec![task_id], set, why: result, request_id, ..Update::default() };
            let changed = change(agent, caller, request).await?;
            (changed.stored, changed.unblocked, None)
        }
    };
    Ok(TaskWritten { stored, id, status, unblocked, hint })
}

/// One after the other, each under a request id of its own, so that a repeat finds what was done and does the rest.
pub(super) async fn batch_update(agent: &GoalAgent, caller: &Caller, asked: BatchUpdateTasks) -> Result<Updates, Told> {
    let mut updates = Updates { total: asked.updates.len(), ..Updates::default() };
    check_count(updates.total)?;
    let mut refused = None;
    for (index, TaskUpdate { task_id, status, result }) in asked.updates.into_iter().enumerate() {
        let request_id = asked.request_id.as_ref().map(|id| format!("{id}/{index}"));
        let update = UpdateTaskStatus { task_id: task_id.clone(), status, result, request_id };
        match update_status(agent, caller, update).await {
            Ok(written) => {
                updates.position = updates.position.max(written.stored.position);
                updates.successful.push(written);
            }
            Err(refusal) => {
                let told = refusals::in_their_words(super::Tool::UpdateTaskStatus, refusal.into());
                // What is away for one task is away for the next; callers should not wait for each to fail.
                if told.is_failure && updates.successful.is_empty() {
                    return Err(told);
                }
                updates.failed.push(described(&told, task_id));
                refused = Some(told);
            }
        }
    }
    match refused {
        Some(told) if updates.successful.is_empty() => Err(told),
        _ => Ok(updates),
    }
}

pub(super) async fn delete(agent: &GoalAgent, caller: &Caller, asked: DeleteTask) -> Result<TaskDeleted, Refusal> {
    check_task("task_id", &asked.task_id)?;
    let id = asked.task_id.trim().to_owned();
    let set = Set { archived: Some(true), ..Set::default() };
    let deleted = set_on(agent, caller, asked.task_id, set, asked.request_id).await?;
    Ok(TaskDeleted {
        stored: deleted.stored,
        deleted_task_id: id,
        goal_id: deleted.goal,
        unblocked: deleted.unblocked,
        success: true,
    })
}

fn told(tasks: Vec<TaskObject>) -> Vec<super::answers::Task> {
    tasks.into_iter().map(|task| task.row.into()).collect()
}

fn described(told: &Told, task_id: String) -> Map<String, Value> {
    let described = serde_json::to_value(&told.described).unwrap_or_default();
    let mut described = described.as_object().cloned().unwrap_or_default();
    described.insert("task_id".to_owned(), task_id.into());
    described
}

fn check_task(field: &str, id: &str) -> Result<(), Refusal> {
    match id.trim().parse::<GoalId>() {
        Ok(goal) => Err(Refusal::validation(field, format!("{goal} is a goal; give the id of a task"))),
        Err(_) => Ok(()),
    }
}

fn check_count(updates: usize) -> Result<(), Refusal> {
    match updates {
        0 => Err(Refusal::validation("updates", "is empty; give at least one")),
        1..=UPDATES_MAX => Ok(()),
        many => Err(Refusal::validation("updates", format!("has {many} updates; give at most {UPDATES_MAX}"))),
    }
}
