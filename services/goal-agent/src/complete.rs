//! `complete`: how a task or goal came out, and what that sets free.

use domain::{
    Goal, GoalCommand, GoalId, Timestamp,
    goal::{GoalStatus, Subject, graph},
};

use crate::{
    Caller, GoalAgent,
    order::{Done, Envelope},
    refusal::{Refusal, text},
    reply::{self, Completed, NextTask},
    request::{Complete, Outcome},
};

impl GoalAgent {
    /// Records how a task or goal came out.
    ///
    /// # Errors
    /// FENCED when the claim is no longer the caller's, BLOCKED and CRITERIA_OPEN when it is too early.
    pub async fn complete(&self, caller: &Caller, request: Complete) -> Result<Completed, Refusal> {
        let _place = self.doors.writes.enter()?;
        let request_id = request.request_id.clone();
        let body = Complete { request_id: None, ..request };
        let envelope = Envelope::seal(caller, "complete", &body, request_id.as_deref(), None)?;
        let subject: Subject = self.id("id", &body.id).await?;
        let goal: GoalId = self.goal_of(subject).await?;
        let command = command(subject, &body)?;
        let done = self.execute_suggesting(caller, &envelope, 0, goal, vec![command], Vec::new()).await?;
        Ok(self.completed(&done, subject, envelope.at))
    }

    fn completed(&self, done: &Done, subject: Subject, at: Timestamp) -> Completed {
        let goal = &done.goal;
        let (status, unblocked) = match subject {
            Subject::Goal(_) => (goal.status.into(), Vec::new()),
            Subject::Task(id) => {
                let status = goal.task(id).map_or("", |task| task.status.into());
                (status, reply::unblocked(goal, id, at))
            }
        };
        Completed {
            stored: self.stored(done),
            id: subject,
            status,
            unblocked,
            goal_progress: reply::progress(goal),
            next: next(goal, at),
            hint: hint(goal),
        }
    }
}

pub(crate) fn command(subject: Subject, body: &Complete) -> Result<GoalCommand, Refusal> {
    let result = body.result.as_deref().map(text);
    let evidence = body.evidence.iter().map(|piece| text(piece)).collect();
    check_fields(subject, body)?;
    match (subject, body.outcome) {
        (Subject::Goal(_), Outcome::Done) => Ok(GoalCommand::CompleteGoal { result }),
        (Subject::Goal(_), Outcome::Failed) => {
            Err(Refusal::validation("outcome", "a goal cannot fail; complete it, or set its status to cancelled"))
        }
        (Subject::Task(task), Outcome::Done) => {
            Ok(GoalCommand::CompleteTask { task, result, evidence, met: body.met.clone(), fence: body.fence })
        }
        (Subject::Task(task), Outcome::Failed) => {
            Ok(GoalCommand::FailTask { task, result, evidence, fence: body.fence })
        }
    }
}

/// What would be dropped without a word is refused.
fn check_fields(subject: Subject, body: &Complete) -> Result<(), Refusal> {
    let given =
        [("evidence", !body.evidence.is_empty()), ("met", !body.met.is_empty()), ("fence", body.fence.is_some())];
    match (subject, body.outcome) {
        (Subject::Goal(goal), Outcome::Done) => match given.into_iter().find(|(_, given)| *given) {
            Some((field, _)) => Err(Refusal::validation(field, format!("is for tasks only, and {goal} is a goal"))),
            None => Ok(()),
        },
        (Subject::Task(_), Outcome::Failed) if !body.met.is_empty() => {
            Err(Refusal::validation("met", "does not go with failed; leave it out, or give outcome done"))
        }
        _ => Ok(()),
    }
}

fn next(goal: &Goal, at: Timestamp) -> Option<NextTask> {
    let id = goal.agenda.open().find(|id| graph::is_ready(goal, *id, at))?;
    let task = goal.task(id)?;
    Some(NextTask { task: id, title: task.title.to_string(), priority: task.priority })
}

fn hint(goal: &Goal) -> Option<String> {
    let reached = goal.agenda.open().next().is_none() && goal.status == GoalStatus::InProgress;
    reached.then(|| format!("all tasks are closed; complete {} if it is reached", goal.id.unwrap_or_default()))
}
