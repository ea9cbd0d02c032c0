//! The tools of the first implementation, under their own names and in their own words, for prompts and clients that were written for it.
//!
//! Nothing is decided here and nothing is stored otherwise: each call becomes requests to the agent that the default tools make too, and the
//! same goals are seen through both. What differs is the wording: a description instead of a title with a description, `planned` for a
//! goal that waits, deleting for putting aside, and JSON that may come as a text.
//!
//! Read `requests` (what is taken), `goals` and `tasks` (what becomes of it), `answers` (what is told).

mod requests;

mod goals;
mod overview;
mod tasks;

mod setting;

mod answers;
mod statuses;

mod refusals;
mod texts;
mod tools;

#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;

use goal_agent::{Caller, GoalAgent, Refusal};
use rmcp::model::{CallToolResult, JsonObject};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    answer::{self, Told},
    arguments,
};

pub(crate) use tools::Tool;

/// Has the agent do what a call asks for.
pub(crate) async fn ask(
    agent: &GoalAgent,
    caller: &Caller,
    tool: Tool,
    arguments: JsonObject,
) -> Result<CallToolResult, Told> {
    let answered = answered(agent, caller, tool, texts::opened(tool.schema(), arguments)).await;
    answered.map_err(|unanswered| match unanswered {
        Unanswered::Told(told) => told,
        Unanswered::Refused(refusal) => refusals::in_their_words(tool, refusal.into()),
    })
}

/// Why there is no answer.
enum Unanswered {
    /// In their words already.
    Told(Told),
    /// In the agent's words.
    Refused(Refusal),
}

impl From<Told> for Unanswered {
    fn from(told: Told) -> Self {
        Self::Told(told)
    }
}

impl From<Refusal> for Unanswered {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

async fn answered(
    agent: &GoalAgent,
    caller: &Caller,
    tool: Tool,
    given: JsonObject,
) -> Result<CallToolResult, Unanswered> {
    match tool {
        Tool::BatchGetTasks => told(tasks::batch_get(agent, caller, read(tool, given)?).await?),
        Tool::BatchUpdateTasks => written(tasks::batch_update(agent, caller, read(tool, given)?).await?),
        Tool::BreakDownGoal => written(goals::break_down(agent, caller, read(tool, given)?).await?),
        Tool::CreateGoal => written(goals::create(agent, caller, read(tool, given)?).await?),
        Tool::DeleteGoal => written(goals::delete(agent, caller, read(tool, given)?).await?),
        Tool::DeleteTask => written(tasks::delete(agent, caller, read(tool, given)?).await?),
        Tool::GenerateExecutionPlan => told(overview::plan(agent, caller, read(tool, given)?).await?),
        Tool::GetAgentStatus => {
            let requests::GetAgentStatus {} = read(tool, given)?;
            told(overview::status(agent, caller).await?)
        }
        Tool::GetGoal => told(goals::get(agent, caller, read(tool, given)?).await?),
        Tool::GetNextTasks => told(tasks::next(agent, caller, read(tool, given)?).await?),
        Tool::GetTask => told(tasks::get(agent, caller, read(tool, given)?).await?),
        Tool::ListGoals => told(goals::list(agent, caller, read(tool, given)?).await?),
        Tool::UpdateGoal => written(goals::update(agent, caller, read(tool, given)?).await?),
        Tool::UpdateTaskStatus => written(tasks::update_status(agent, caller, read(tool, given)?).await?),
    }
}

fn told(answer: impl Serialize) -> Result<CallToolResult, Unanswered> {
    Ok(answer::to_reader(answer)?)
}

#[expect(clippy::unnecessary_wraps, reason = "it stands beside `told`, which may find no room")]
fn written(answer: impl Serialize) -> Result<CallToolResult, Unanswered> {
    Ok(answer::to_writer(answer))
}

fn read<T: DeserializeOwned>(tool: Tool, given: JsonObject) -> Result<T, Told> {
    arguments::read_by(tool.schema(), given)
}
