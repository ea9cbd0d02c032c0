//! How work flows, and who does it: what dashboards draw. All of it is read from the views.

use chrono::TimeDelta;
use domain::GoalId;
use read_models::{AttemptsRequest, FlowRequest, ReadAt};

use crate::{Caller, GoalAgent, locate::read_failed, refusal::Refusal, reply, request};

/// Parts of a stretch of time when no number is given, and at most.
const BUCKETS_DEFAULT: u32 = 60;
const BUCKETS_MAX: u32 = 200;
/// How far back the flow is told when nothing is said.
const FLOW_REACH: TimeDelta = TimeDelta::days(30);
/// Shorter than this there is nothing to divide.
const FLOW_LEAST: TimeDelta = TimeDelta::seconds(1);
/// Actors, and attempts, of one answer.
const ACTORS_MAX: u32 = 200;
const ATTEMPTS_MAX: u32 = 1_000;

impl GoalAgent {
    /// What came, what was done and how long it took, in parts of a stretch of time.
    ///
    /// # Errors
    /// VALIDATION names the field; NOT_FOUND the goal.
    pub async fn flow(&self, caller: &Caller, request: request::Flow) -> Result<reply::Flow, Refusal> {
        let _place = self.doors.reads.enter()?;
        let buckets = within("buckets", request.buckets.unwrap_or(BUCKETS_DEFAULT), BUCKETS_MAX)?;
        let mut read = self.read_at(caller, None, request.min_position).await?;
        let goal = self.known_goal(request.goal.as_deref(), &mut read).await?;
        let to = request.to.unwrap_or(read.now);
        let from = match request.from {
            Some(from) => from,
            None => {
                let begun = self.views.begun_at(goal, &read).await.map_err(read_failed)?;
                begun.unwrap_or(to).max(to - FLOW_REACH).min(to - FLOW_LEAST)
            }
        };
        if to - from < FLOW_LEAST {
            return Err(Refusal::validation("from", "must be at least a second before `to`"));
        }
        let found = self.views.flow(&FlowRequest { goal, from, to, buckets }, &read).await.map_err(read_failed)?;
        let bucket_s = (to - from).as_seconds_f64() / f64::from(buckets);
        Ok(reply::Flow { position: found.position, from, to, bucket_s, buckets: found.value })
    }

    /// Who did something, most lately first, and what they hold.
    ///
    /// # Errors
    /// VALIDATION names the field.
    pub async fn actors(&self, caller: &Caller, limit: Option<u32>) -> Result<reply::Actors, Refusal> {
        let _place = self.doors.reads.enter()?;
        let limit = within("limit", limit.unwrap_or(ACTORS_MAX), ACTORS_MAX)?;
        let read = self.read_at(caller, None, None).await?;
        let found = self.views.actors(limit, &read).await.map_err(read_failed)?;
        Ok(reply::Actors { position: found.position, agents: found.value })
    }

    /// Who worked on what from when to when, the latest first.
    ///
    /// # Errors
    /// VALIDATION names the field; NOT_FOUND the goal.
    pub async fn attempts(&self, caller: &Caller, request: request::Attempts) -> Result<reply::Attempts, Refusal> {
        let _place = self.doors.reads.enter()?;
        let limit = within("limit", request.limit.unwrap_or(ATTEMPTS_MAX), ATTEMPTS_MAX)?;
        let mut read = self.read_at(caller, None, request.min_position).await?;
        let goal = self.known_goal(request.goal.as_deref(), &mut read).await?;
        let question = AttemptsRequest { goal, actor: request.actor, from: request.from, to: request.to, limit };
        let found = self.views.attempts(&question, &read).await.map_err(read_failed)?;
        Ok(reply::Attempts { position: found.position, attempts: found.value })
    }

    /// The goal of this name, which must be there; nothing when none is named.
    async fn known_goal(&self, name: Option<&str>, read: &mut ReadAt) -> Result<Option<GoalId>, Refusal> {
        let Some(name) = name else { return Ok(None) };
        let goal: GoalId = self.id("goal", name).await?;
        self.existing_goal(goal, read).await?;
        Ok(Some(goal))
    }
}

fn within(field: &str, given: u32, most: u32) -> Result<u32, Refusal> {
    match given {
        number if (1..=most).contains(&number) => Ok(number),
        number => Err(Refusal::validation(field, format!("is {number}; give 1 to {most}"))),
    }
}
