//! Requests as far as they come without a database: from what a door has read to commands. For `deploy/fuzzing` alone.

use domain::{
    GoalCommand, GoalId, TaskId, Timestamp,
    goal::{PlannedTask, Subject},
};
use serde::Deserialize;

use crate::{
    Refusal, claim, complete, plan,
    request::{AddTasks, Claim, Complete, CreateGoal, TaskPlan},
};

/// A request that needs nothing looked up before it is commands.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the request of its name")]
pub enum Request {
    CreateGoal(CreateGoal),
    AddTasks(AddTasks),
    Claim(Claim),
    Complete(Complete),
}

/// What a request asks of this goal. New tasks get the ids that follow `last`.
///
/// # Errors
/// As the request itself, as long as nothing is asked of the log or the views.
pub fn commands(request: Request, goal: GoalId, last: TaskId, at: Timestamp) -> Result<Vec<GoalCommand>, Refusal> {
    match request {
        Request::CreateGoal(body) => {
            let tasks = numbered(&body.tasks, last, None)?;
            Ok(vec![plan::creation(goal, body, tasks)])
        }
        Request::AddTasks(body) => {
            let below = match id("parent", &body.parent)? {
                Subject::Goal(_) => None,
                Subject::Task(task) => Some(task),
            };
            Ok(vec![GoalCommand::AddTasks { tasks: numbered(&body.tasks, last, below)? }])
        }
        Request::Claim(body) => match body.id.as_deref().map(|text| id("id", text)).transpose()? {
            Some(Subject::Task(task)) => claim::commands(task, &body, "somebody", at),
            Some(Subject::Goal(_)) | None => Ok(Vec::new()),
        },
        Request::Complete(body) => Ok(vec![complete::command(id("id", &body.id)?, &body)?]),
    }
}

fn numbered(plans: &[TaskPlan], last: TaskId, below: Option<TaskId>) -> Result<Vec<PlannedTask>, Refusal> {
    let tasks = plan::flatten(plans)?;
    let ids: Vec<TaskId> = (last.0 + 1..).map(TaskId).take(tasks.len()).collect();
    Ok(plan::numbered(tasks, &ids, below))
}

/// As the agent reads it, but that nobody is asked which one was meant.
fn id(field: &str, text: &str) -> Result<Subject, Refusal> {
    text.trim().parse().map_err(|error: domain::ids::InvalidId| Refusal::validation(field, error.to_string()))
}
