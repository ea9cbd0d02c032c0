//! The trait of cqrs-es, for its framework and its tests. Goalstream's own commands use the inherent methods, which also give
//! receipts.

use std::collections::HashMap;

use cqrs_es::{AggregateContext, AggregateError, EventEnvelope, EventStore};
use domain::{Goal, GoalEvent, GoalId, Metadata, Rejection, Workspace};
use uuid::Uuid;

use super::{GoalStore, LoadedGoal};
use crate::{AppendError, NewCommand, NewEvent, Outcome, StoreError};

/// A goal on its way through one command: handling it changes the goal, and the loaded state is kept to commit against.
#[derive(Debug, Clone)]
pub struct GoalContext {
    loaded: LoadedGoal,
    goal: Goal,
}

impl AggregateContext<Goal> for GoalContext {
    fn aggregate(&mut self) -> &mut Goal {
        &mut self.goal
    }
}

impl EventStore<Goal> for GoalStore {
    type AC = GoalContext;

    async fn load_events(&self, aggregate_id: &str) -> Result<Vec<EventEnvelope<Goal>>, AggregateError<Rejection>> {
        self.cold.load_events(aggregate_id).await
    }

    async fn load_aggregate(&self, aggregate_id: &str) -> Result<GoalContext, AggregateError<Rejection>> {
        let loaded = self.load(goal_id(aggregate_id)?).await.map_err(failed)?;
        Ok(GoalContext { goal: loaded.goal.clone(), loaded })
    }

    /// Each call is a command of its own, with a new id. Sequences go on from the loaded state, as everywhere in cqrs-es.
    async fn commit(
        &self,
        events: Vec<GoalEvent>,
        context: GoalContext,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<Goal>>, AggregateError<Rejection>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let GoalContext { loaded, goal } = context;
        let new_events: Result<Vec<NewEvent>, _> =
            events.iter().map(|event| NewEvent::of_goal(Uuid::now_v7(), event)).collect();
        let command = NewCommand {
            command_id: Uuid::now_v7(),
            workspace: Workspace::DEFAULT,
            metadata: Metadata(metadata.clone().into_iter().collect()),
            events: new_events?,
        };
        let outcomes = self.append(&loaded, goal, vec![command]).await.map_err(not_appended)?;
        if !outcomes.iter().all(|outcome| matches!(outcome, Outcome::Appended(_))) {
            // The framework will load again, and then the cache has to know what others wrote.
            self.catch_up(&loaded).await.map_err(failed)?;
            return Err(AggregateError::AggregateConflict);
        }
        let first = usize::try_from(loaded.goal.sequence).map_err(unexpected)? + 1;
        let envelope = |(payload, sequence)| EventEnvelope {
            aggregate_id: loaded.id.to_string(),
            sequence,
            payload,
            metadata: metadata.clone(),
        };
        Ok(events.into_iter().zip(first..).map(envelope).collect())
    }
}

fn goal_id(aggregate_id: &str) -> Result<GoalId, AggregateError<Rejection>> {
    aggregate_id.parse().map_err(unexpected)
}

fn failed(error: StoreError) -> AggregateError<Rejection> {
    match error {
        StoreError::Unavailable { .. } => AggregateError::DatabaseConnectionError(Box::new(error)),
        _ => unexpected(error),
    }
}

fn not_appended(error: AppendError) -> AggregateError<Rejection> {
    match error {
        AppendError::Unavailable { .. } => AggregateError::DatabaseConnectionError(Box::new(error)),
        _ => unexpected(error),
    }
}

fn unexpected(error: impl std::error::Error + Send + Sync + 'static) -> AggregateError<Rejection> {
    AggregateError::UnexpectedError(Box::new(error))
}
