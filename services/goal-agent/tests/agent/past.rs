//! How things were: at a position, and at a time.

use domain::{Timestamp, goal::Subject};
use goal_agent::{
    Caller, Moment,
    reply::TaskObject,
    request::{Claim, Find, Get, Set, Update},
};

use crate::board::{Board, claim_of, refused, somebody};

async fn recorded_at(board: &Board, position: u64) -> Timestamp {
    let page = board.log.read_all(position - 1, 1).await.unwrap();
    page[0].recorded_at
}

async fn task(board: &Board, caller: &Caller, id: &str, as_of: Moment) -> TaskObject {
    let get = Get { ids: vec![id.to_owned()], as_of: Some(as_of), ..Get::default() };
    board.agent.get(caller, get).await.unwrap().tasks.remove(0)
}

#[tokio::test]
async fn a_time_means_the_last_event_until_then() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let (rest, made) = (plan.ids["rest"].to_string(), plan.stored.position);
    let set = Set { title: Some("Sleep".into()), ..Set::default() };
    let update = Update { ids: vec![rest.clone()], set, ..Update::default() };
    let renamed = board.agent.update(&ann, update).await.unwrap().position;
    let (before, after) = (recorded_at(&board, made).await, recorded_at(&board, renamed).await);
    assert!(before < after);
    for (moment, title) in [
        (Moment::Position(made), "Rest"),
        (Moment::Time(before), "Rest"),
        (Moment::Time(after - chrono::TimeDelta::microseconds(1)), "Rest"),
        (Moment::Time(after), "Sleep"),
        (Moment::Position(renamed), "Sleep"),
    ] {
        assert_eq!(task(&board, &ann, &rest, moment).await.row.title, title, "{moment:?}");
    }
    let words = |as_of| Find { q: Some("sleep".into()), as_of: Some(as_of), ..Find::default() };
    assert_eq!(board.agent.find(&ann, words(Moment::Time(before))).await.unwrap().rows, []);
    let found = board.agent.find(&ann, words(Moment::Time(after))).await.unwrap();
    assert_eq!((found.position, found.rows[0].id), (renamed, Subject::from(plan.ids["rest"])));
    let goal = board.agent.goal(&ann, &plan.goal.to_string(), Some(Moment::Time(before)), None).await.unwrap();
    assert_eq!((goal.position, goal.tasks.iter().any(|task| task.title == "Sleep")), (made, false));
}

#[tokio::test]
async fn before_everything_there_was_nothing_and_the_future_is_not_known() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    for long_ago in ["2001-01-01", "1815-12-10T00:00:00Z", "0044-03-15", "0"] {
        let as_of = Some(long_ago.parse().unwrap());
        let get = Get { ids: vec![plan.goal.to_string()], as_of, ..Get::default() };
        let (code, told) = refused(board.agent.get(&ann, get).await);
        assert_eq!((code, &told["came_with"]), ("NOT_FOUND", &1.into()), "{told}");
        assert_eq!(board.agent.find(&ann, Find { as_of, ..Find::default() }).await.unwrap().rows, []);
    }
    let as_of = Some(Moment::Time(chrono::Utc::now() + chrono::TimeDelta::hours(1)));
    let (code, told) = refused(board.agent.find(&ann, Find { as_of, ..Find::default() }).await);
    assert_eq!((code, &told["field"]), ("VALIDATION", &"as_of".into()), "{told}");
}

#[tokio::test]
async fn pages_of_a_time_go_on_whatever_happens_meanwhile() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    board.small_plan(&ann).await;
    let as_of = Some(Moment::Time(chrono::Utc::now()));
    let page = |cursor| Find { as_of, cursor, limit: Some(3), ..Find::default() };
    let first = board.agent.find(&ann, page(None)).await.unwrap();
    board.small_plan(&ann).await;
    let second = board.agent.find(&ann, page(first.more)).await.unwrap();
    assert_eq!((first.rows.len(), second.rows.len(), second.more), (3, 1, None));
}

#[tokio::test]
async fn a_lease_is_judged_by_the_time_that_was_asked_about() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let claimed = board.agent.claim(&ann, Claim { ttl: Some(1), ..claim_of(plan.ids["design"]) }).await.unwrap();
    let (id, until) = (claimed.task.to_string(), claimed.until.unwrap());
    while chrono::Utc::now() < until {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let held = |moment| task(&board, &ann, &id, moment);
    assert!(held(Moment::Position(claimed.stored.position)).await.row.claim.is_some());
    assert!(held(Moment::Time(until - chrono::TimeDelta::microseconds(1))).await.row.claim.is_some());
    assert!(held(Moment::Time(until)).await.row.claim.is_none(), "nothing was recorded, and the lease has ended");
}
