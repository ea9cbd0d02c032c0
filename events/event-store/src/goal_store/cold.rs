//! Cold loads through postgres-es: all events of a goal, upcast and folded.

use cqrs_es::{AggregateError, EventStore, persist::EventStoreAggregateContext};
use domain::{Goal, GoalId, Rejection};

use super::GoalStore;
use crate::{StoreError, retry::retry};

type Loaded<T> = Result<T, AggregateError<Rejection>>;

impl GoalStore {
    pub(super) async fn load_cold(&self, id: GoalId) -> Result<Goal, StoreError> {
        let key = id.to_string();
        let load = || async { connection_failure(self.cold.load_aggregate(&key).await) };
        let context: EventStoreAggregateContext<Goal> = self.loaded(id, retry("load a goal", load).await?)?;
        if context.aggregate.sequence != context.current_sequence as u64 {
            let reason =
                format!("{} events, and the last is number {}", context.aggregate.sequence, context.current_sequence);
            return Err(StoreError::Load { stream: id.into(), reason });
        }
        Ok(context.aggregate)
    }

    fn loaded<T>(&self, id: GoalId, result: Loaded<T>) -> Result<T, StoreError> {
        result.map_err(|error| StoreError::Load { stream: id.into(), reason: error.to_string() })
    }
}

/// What can be tried again comes out as sqlx's error, which postgres-es keeps in a box.
pub(super) fn connection_failure<T>(result: Loaded<T>) -> Result<Loaded<T>, sqlx::Error> {
    match result {
        Err(AggregateError::DatabaseConnectionError(error)) => match error.downcast::<sqlx::Error>() {
            Ok(error) => Err(*error),
            Err(other) => Ok(Err(AggregateError::DatabaseConnectionError(other))),
        },
        Err(AggregateError::UnexpectedError(error)) => match error.downcast::<sqlx::Error>() {
            Ok(error) => Err(*error),
            Err(other) => Ok(Err(AggregateError::UnexpectedError(other))),
        },
        result => Ok(result),
    }
}
