//! `claim`: a lease on a task, and what its worker should know.

use chrono::TimeDelta;
use domain::{
    Goal, GoalCommand, GoalEvent, Rejection, TaskId,
    goal::{CommentKind, Subject, graph},
    limits,
    time::Timestamp,
};
use read_models::ReadAt;

use crate::{
    Caller, GoalAgent,
    fitting::Fitting,
    order::{Done, Envelope},
    refusal::{Refusal, text},
    reply::{self, Claimed, Context, TaskResult},
    request::{Claim, Match},
};

/// What came of trying to claim whatever is ready.
enum Tried {
    Claimed(Box<Claimed>),
    NoneReady,
    OthersWereFaster,
}

impl GoalAgent {
    /// Claims a task, or the best ready one that fits; renews a claim, or gives it back.
    ///
    /// # Errors
    /// CLAIMED, FENCED or BLOCKED say who is in the way; NOT_FOUND that nothing is ready, BUSY that others were faster each time.
    pub async fn claim(&self, caller: &Caller, request: Claim) -> Result<Claimed, Refusal> {
        let _place = self.doors.writes.enter()?;
        let request_id = request.request_id.clone();
        let body = Claim { request_id: None, ..request };
        let envelope = Envelope::seal(caller, "claim", &body, request_id.as_deref(), None)?;
        check(&body)?;
        match &body.id {
            Some(id) => {
                let task: TaskId = self.id("id", id).await?;
                self.claim_task(caller, &envelope, task, &body).await
            }
            None => self.claim_best(caller, &envelope, &body, body.matching.clone().unwrap_or_default()).await,
        }
    }

    async fn claim_task(
        &self,
        caller: &Caller,
        envelope: &Envelope<'_>,
        task: TaskId,
        body: &Claim,
    ) -> Result<Claimed, Refusal> {
        let commands = commands(task, body, &caller.actor.id, envelope.at)?;
        let goal = self.goal_of(Subject::Task(task)).await?;
        let done = self.execute_suggesting(caller, envelope, 0, goal, commands, Vec::new()).await;
        // What the domain calls the body of a comment.
        let done = done.map_err(|refusal| refusal.renamed(|field| (field == "body").then(|| "handoff".to_owned())))?;
        Ok(self.claimed(&done, claimed_first(&done).unwrap_or(task), body).await)
    }

    /// Tries ready tasks one after the other; a repetition finds its first receipt with the first of them.
    async fn claim_best(
        &self,
        caller: &Caller,
        envelope: &Envelope<'_>,
        body: &Claim,
        matching: Match,
    ) -> Result<Claimed, Refusal> {
        if let Some(claimed) = self.repeated_claim(caller, envelope, body).await? {
            return Ok(claimed);
        }
        let _waiting = self.doors.choosing.enter()?;
        let mut fitting = self.fitting(caller, matching).await?;
        let mut tried = self.claim_the_best(caller, envelope, body, &fitting).await?;
        // What others have just added or freed may not be in the views yet.
        if matches!(tried, Tried::NoneReady) && self.caught_up(&mut fitting.read).await {
            tried = self.claim_the_best(caller, envelope, body, &fitting).await?;
        }
        match tried {
            Tried::Claimed(claimed) => Ok(*claimed),
            Tried::NoneReady => Err(self.nothing_ready(fitting, false).await),
            Tried::OthersWereFaster => Err(self.nothing_ready(fitting, true).await),
        }
    }

    async fn claim_the_best(
        &self,
        caller: &Caller,
        envelope: &Envelope<'_>,
        body: &Claim,
        fitting: &Fitting,
    ) -> Result<Tried, Refusal> {
        // One at a time in this node: otherwise all agents would run for the same first task.
        let _turn = self.choosing.lock().await;
        let candidates = self.ready(fitting).await?;
        for task in &candidates {
            match self.claim_task(caller, envelope, *task, body).await {
                Err(Refusal::Rejected(
                    Rejection::Claimed { .. } | Rejection::Blocked { .. } | Rejection::Conflict { .. },
                )) => {}
                other => return other.map(|claimed| Tried::Claimed(Box::new(claimed))),
            }
        }
        Ok(if candidates.is_empty() { Tried::NoneReady } else { Tried::OthersWereFaster })
    }

    /// What this request claimed the first time, whatever is ready now.
    async fn repeated_claim(
        &self,
        caller: &Caller,
        envelope: &Envelope<'_>,
        body: &Claim,
    ) -> Result<Option<Claimed>, Refusal> {
        if !envelope.is_repeatable() {
            return Ok(None);
        }
        let Some(stored) = self.log.find_command(envelope.command_id(0)).await? else { return Ok(None) };
        let task = stored.iter().find_map(|event| match event.goal_event() {
            Ok(GoalEvent::TaskClaimed { task, .. }) => Some(task),
            _ => None,
        });
        // Another request had this id: executing it anew answers with the refusal that says so.
        let Some(task) = task.or_else(|| stored.first()?.goal_event().ok()?.task()) else { return Ok(None) };
        self.claim_task(caller, envelope, task, body).await.map(Some)
    }

    async fn claimed(&self, done: &Done, task: TaskId, body: &Claim) -> Claimed {
        let state = done.goal.task(task).cloned().unwrap_or_default();
        let lease = lease(done, task);
        let stored = self.stored(done);
        let is_new = !body.release && body.fence.is_none();
        let handoff = if is_new { self.handoff(&done.goal, task, stored.position).await } else { None };
        Claimed {
            stored,
            task,
            title: state.title.to_string(),
            fence: lease.map(|(fence, _)| fence),
            until: lease.map(|(_, until)| until),
            released: body.release,
            context: is_new.then(|| context(&done.goal, task, handoff)),
        }
    }

    /// The last handoff that was left for whoever claims. The goal knows whether there is one, so most claims ask nobody; its words are in
    /// the views, which are waited for only when they do not have them yet. A worker without the advice is better than one without the task.
    async fn handoff(&self, goal: &Goal, task: TaskId, claimed_at: u64) -> Option<String> {
        let (id, number) = (goal.id?, *goal.task(task)?.handoffs.last()?);
        let now = chrono::Utc::now();
        for read in [ReadAt::latest(now), ReadAt::after(claimed_at, now)] {
            if let Some(comment) = self.views.comment(id, number, &read).await.ok()?.value {
                return Some(comment.body);
            }
        }
        None
    }
}

/// What can be said about a claim before anything is looked up.
pub(crate) fn check(body: &Claim) -> Result<(), Refusal> {
    match &body.id {
        Some(_) if body.matching.is_some() => {
            Err(Refusal::validation("match", "does not go with id; give one of the two"))
        }
        None if body.release || body.fence.is_some() => {
            Err(Refusal::validation("id", "is missing; name the task whose claim this is"))
        }
        _ => Ok(()),
    }
}

pub(crate) fn commands(task: TaskId, body: &Claim, holder: &str, at: Timestamp) -> Result<Vec<GoalCommand>, Refusal> {
    let mut commands = Vec::new();
    if let Some(handoff) = &body.handoff {
        commands.push(GoalCommand::AddComment {
            subject: task.into(),
            kind: CommentKind::Handoff,
            body: text(handoff),
        });
    }
    let until = at + seconds(body.ttl)?;
    commands.push(match (body.release, body.fence) {
        (true, Some(fence)) => GoalCommand::ReleaseClaim { task, fence },
        (true, None) => return Err(Refusal::validation("fence", "is missing; pass the fence of the claim to release")),
        (false, Some(fence)) => GoalCommand::RenewClaim { task, fence, until },
        (false, None) => GoalCommand::ClaimTask { task, holder: holder.to_owned(), until },
    });
    Ok(commands)
}

fn seconds(ttl: Option<u64>) -> Result<TimeDelta, Refusal> {
    let ttl = ttl.unwrap_or(limits::LEASE_SECONDS_DEFAULT);
    let (least, most) = (limits::LEASE_SECONDS_MIN, limits::LEASE_SECONDS_MAX);
    match i64::try_from(ttl) {
        Ok(seconds) if (least..=most).contains(&ttl) => Ok(TimeDelta::seconds(seconds)),
        _ => Err(Refusal::validation("ttl", format!("is {ttl} s; give {least} to {most} s"))),
    }
}

/// The task that this request has claimed: another one than was chosen just now, when the same request was sent twice and each chose for
/// itself. The log keeps the first.
fn claimed_first(done: &Done) -> Option<TaskId> {
    done.events.iter().find_map(|event| match event {
        GoalEvent::TaskClaimed { task, .. } => Some(*task),
        _ => None,
    })
}

/// Fence and end of the lease that this command gave; for a repetition, those it gave the first time.
fn lease(done: &Done, task: TaskId) -> Option<(u64, Timestamp)> {
    done.events.iter().rev().find_map(|event| match event {
        GoalEvent::TaskClaimed { task: claimed, fence, until, .. } if *claimed == task => Some((*fence, *until)),
        GoalEvent::ClaimRenewed { task: renewed, fence, to, .. } if *renewed == task => Some((*fence, *to)),
        _ => None,
    })
}

fn context(goal: &Goal, id: TaskId, handoff: Option<String>) -> Context {
    let task = goal.task(id).cloned().unwrap_or_default();
    let awaited = graph::lineage(goal, id).flat_map(|(_, task)| task.after.iter().copied());
    let results = awaited.filter_map(|on| {
        let awaited = goal.task(on)?;
        Some(TaskResult {
            task: on,
            title: awaited.title.to_string(),
            result: awaited.result.as_ref().map(ToString::to_string),
        })
    });
    Context {
        goal: goal.id.unwrap_or_default(),
        goal_title: goal.title.to_string(),
        goal_description: goal.description.as_ref().map(ToString::to_string),
        description: task.description.as_ref().map(ToString::to_string),
        criteria: reply::criteria(&task),
        links: reply::links(&task),
        results: results.collect(),
        handoff,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(events: Vec<GoalEvent>) -> Done {
        Done { events, ..Done::default() }
    }

    #[test]
    fn a_request_that_was_sent_twice_is_about_the_task_that_it_claimed_first() {
        let (task, at) = (TaskId(7), Timestamp::UNIX_EPOCH);
        let claimed = GoalEvent::TaskClaimed { task, fence: 1, holder: "one".to_owned(), at, until: at };
        let released = GoalEvent::ClaimReleased { task, fence: 1, holder: "one".to_owned() };
        assert_eq!(claimed_first(&done(vec![claimed])), Some(task));
        assert_eq!(claimed_first(&done(vec![released])), None);
    }
}
