//! How often Postgres is asked.

use std::{cell::RefCell, fmt::Debug, sync::Once};

use domain::GoalId;
use read_models::ReadAt;
use tracing::{Event, Metadata, Subscriber, field::Field, span, subscriber::Interest};

use crate::{
    history::{Dice, History, creation},
    support::TestViews,
};

/// Stands in the name of every table of a view.
const GENERATION: &str = "__g";

thread_local! {
    /// The statements that this thread sends, while it wants to know.
    static TOLD: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Hears all threads, and tells each about itself.
struct Statements;

/// To be called before anything is asked. Whether anybody listens is remembered with each line that could tell something, when it is first reached: a
/// listener that came while another thread reached one was not told of it, now and then.
pub(crate) fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| tracing::subscriber::set_global_default(Statements).expect("there is no other here"));
}

impl Subscriber for Statements {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target() == "sqlx::query" { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query" && TOLD.with_borrow(Option::is_some)
    }

    fn event(&self, event: &Event<'_>) {
        let mut told = String::new();
        event.record(&mut |field: &Field, value: &dyn Debug| {
            // A short statement stands in its summary alone.
            if matches!(field.name(), "summary" | "db.statement") {
                told += &format!("{value:?} ");
            }
        });
        TOLD.with_borrow_mut(|all| all.as_mut().map(|all| all.push(told)));
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
        let ids: Vec<GoalId> = (1..=count).map(GoalId).collect();
        TOLD.set(Some(Vec::new()));
        assert_eq!(views.goals_by_id(&ids, &read).await.unwrap().value.len() as u64, count);
        let told = TOLD.take().unwrap_or_default();
        let of_goals = told.iter().filter(|statement| statement.contains("read.goals__")).count();
        assert_eq!(of_goals, 1, "{told:?}");
        // What follows the announcements of the views asks how far they are, on this thread as well and when it likes.
        asked.push(told.iter().filter(|statement| statement.contains(GENERATION)).count());
    }
    assert_eq!(asked[0], asked[1], "and by nothing besides");
}
