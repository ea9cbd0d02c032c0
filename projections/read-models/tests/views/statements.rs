//! How often Postgres is asked.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
};

use domain::GoalId;
use read_models::ReadAt;
use tracing::{Event, Metadata, Subscriber, field::Field, span};

use crate::{
    history::{Dice, History, creation},
    support::TestViews,
};

/// The statements that this thread sends.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

impl Subscriber for Statements {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn event(&self, event: &Event<'_>) {
        let mut told = String::new();
        event.record(&mut |field: &Field, value: &dyn Debug| {
            // A short statement stands in its summary alone.
            if matches!(field.name(), "summary" | "db.statement") {
                told += &format!("{value:?} ");
            }
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(told);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// On one thread, which is the one that is listened to.
#[tokio::test]
async fn a_hundred_goals_are_read_by_one_statement_as_one_is() {
    let mut history = History::new();
    for goal in 1..=100 {
        history.act(GoalId(goal), creation(&mut Dice::new(goal), goal)).unwrap();
    }
    let test = TestViews::of(&history.log).await;
    let read = ReadAt::latest(history.now);
    let mut asked = Vec::new();
    for count in [1, 100] {
        // One that remembers nothing.
        let views = test.another_process().await;
        let statements = Statements::default();
        let listening = tracing::subscriber::set_default(statements.clone());
        let ids: Vec<GoalId> = (1..=count).map(GoalId).collect();
        assert_eq!(views.goals_by_id(&ids, &read).await.unwrap().value.len() as u64, count);
        drop(listening);
        let told = statements.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let of_goals = told.iter().filter(|statement| statement.contains("read.goals__")).count();
        assert_eq!(of_goals, 1, "{told:?}");
        asked.push(told.len());
    }
    assert_eq!(asked[0], asked[1], "and by nothing besides");
}
