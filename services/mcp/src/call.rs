//! One call of a tool, from its arguments to its answer.

use std::{
    any::Any,
    future::Future,
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures::FutureExt;
use goal_agent::{Caller, GoalAgent, Refusal};
use rmcp::model::{CallToolResult, JsonObject};
use serde::Serialize;

use crate::{
    answer::{self, Told},
    arguments,
    tools::Tool,
};

/// How long the agent may take for one call. Longer than its own waits and retries, so that its word normally comes first.
pub(crate) const CALL_BOUND: Duration = Duration::from_secs(30);

/// When to try again after a failure of ours.
const RETRY_AFTER_FAILURE_MS: u64 = 2_000;

/// Has the agent do what a call asks for.
pub(crate) async fn ask(
    agent: &GoalAgent,
    caller: &Caller,
    tool: Tool,
    arguments: JsonObject,
) -> Result<CallToolResult, Told> {
    match tool {
        Tool::AddTasks => written(agent.add_tasks(caller, arguments::read(tool, arguments)?).await),
        Tool::Claim => written(agent.claim(caller, arguments::read(tool, arguments)?).await),
        Tool::Comment => written(agent.comment(caller, arguments::read(tool, arguments)?).await),
        Tool::Complete => written(agent.complete(caller, arguments::read(tool, arguments)?).await),
        Tool::CreateGoal => written(agent.create_goal(caller, arguments::read(tool, arguments)?).await),
        Tool::Find => answer::to_reader(agent.find(caller, arguments::read(tool, arguments)?).await?),
        Tool::Get => answer::to_reader(agent.get(caller, arguments::read(tool, arguments)?).await?),
        Tool::History => answer::to_reader(agent.history(caller, arguments::read(tool, arguments)?).await?),
        Tool::Plan => answer::to_reader(agent.outlook(caller, arguments::read(tool, arguments)?).await?),
        Tool::Undo => written(agent.undo(caller, arguments::read(tool, arguments)?).await),
        Tool::Update => written(agent.update(caller, arguments::read(tool, arguments)?).await),
    }
}

fn written(reply: Result<impl Serialize, Refusal>) -> Result<CallToolResult, Told> {
    Ok(answer::to_writer(reply?))
}

/// Runs a call so that it always ends: within its bound, and with an answer even when it panics, which the protocol's library would
/// turn into a client that waits for ever.
pub(crate) async fn guarded<T>(
    tool: &str,
    bound: Duration,
    work: impl Future<Output = Result<T, Told>>,
) -> Result<T, Told> {
    match tokio::time::timeout(bound, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => {
            tracing::error!(tool, panic = panic_message(panic.as_ref()), "a tool call panicked");
            Err(Told::unavailable("this call met a fault of ours, which is in the log", RETRY_AFTER_FAILURE_MS))
        }
        Err(_elapsed) => {
            let reason = format!("the call took longer than {} s and may still take effect", bound.as_secs());
            Err(Told::unavailable(reason, RETRY_AFTER_FAILURE_MS))
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Counts and times a call that has ended, and logs it when the fault is ours.
pub(crate) fn record<T>(tool: &'static str, started: Instant, outcome: &Result<T, Told>) {
    let status = match outcome {
        Ok(_) => "ok",
        Err(told) if told.is_failure => "failed",
        Err(_) => "refused",
    };
    metrics::histogram!("goal_request_duration_seconds", "operation" => tool, "status" => status)
        .record(started.elapsed().as_secs_f64());
    if let Err(told) = outcome {
        let code = told.described.code;
        metrics::counter!("goal_errors_total", "operation" => tool, "error_type" => code).increment(1);
        match told {
            // Under load there are many of these, and the counter says how many.
            Told { is_failure: true, .. } if code == "BUSY" => tracing::debug!(tool, "a tool call was turned away"),
            Told { is_failure: true, .. } => {
                tracing::warn!(tool, code, message = told.described.message, "a tool call failed");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_an_answer() {
        let outcome = guarded::<()>("find", CALL_BOUND, async { panic!("boom") }).await;
        let told = outcome.unwrap_err();
        assert_eq!(told.described.code, "UNAVAILABLE");
        assert!(told.is_failure);
        assert!(!told.described.message.contains("boom"), "internals stay in the log");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_never_ends_is_ended() {
        let outcome = guarded::<()>("find", CALL_BOUND, std::future::pending()).await;
        assert!(outcome.unwrap_err().described.message.contains("longer than 30 s"));
    }
}
