//! Searching, filtering and paging.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use domain::{
    GoalCommand as C, GoalId, TaskId,
    goal::{PlannedTask, Priority, Subject, TaskReference},
};
use read_models::{
    FindPage, FindRequest, FindView, GoalsRequest, InvalidQuestion, ReadAt, ReadError, limits, rows::Kind,
};

use crate::{history::History, support::TestViews};

fn task(id: u64, title: &str) -> PlannedTask {
    PlannedTask { id: TaskId(id), title: title.into(), field: format!("tasks[{id}]"), ..PlannedTask::default() }
}

/// Two goals: one with a small plan in all its states, one with a little beside it.
fn plan() -> History {
    let mut history = History::new();
    let create = |goal, title: &str, tags: &[&str], tasks| C::CreateGoal {
        goal: GoalId(goal),
        title: title.into(),
        description: Some("Rockets want fuel".into()),
        priority: Priority::Medium,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        due: None,
        metadata: BTreeMap::new(),
        tasks,
    };
    let after = |id| vec![TaskReference::Id(TaskId(id))];
    let tasks = vec![
        task(1, "Deploys the relay"),
        PlannedTask { priority: Priority::Critical, after: after(1), ..task(2, "Wait for the deploy") },
        PlannedTask { priority: Priority::High, tags: ["api".to_owned()].into(), ..task(3, "Whole") },
        PlannedTask { parent: Some(TaskId(3)), ..task(4, "Part") },
        task(5, "Held"),
        PlannedTask { description: Some("nothing but 100% \"quoted\" <b>".into()), ..task(6, "Stuck") },
    ];
    history.act(GoalId(1), create(1, "Launch", &["space"], tasks)).unwrap();
    history
        .act(GoalId(2), create(2, "Land", &["space", "moon"], vec![task(7, "Brake"), task(8, "Touch down")]))
        .unwrap();
    let until = history.now + TimeDelta::minutes(15);
    history.act(GoalId(1), C::ClaimTask { task: TaskId(5), holder: "ada".into(), until }).unwrap();
    history.act(GoalId(1), C::BlockTask { task: TaskId(6), reason: Some("no fuel".into()), fence: None }).unwrap();
    history.act(GoalId(2), C::Archive { subject: TaskId(8).into() }).unwrap();
    history.act(GoalId(2), C::Assign { subject: GoalId(2).into(), assignee: Some("bob".into()) }).unwrap();
    history
}

fn ids(page: &FindPage) -> Vec<String> {
    page.rows.iter().map(|row| row.id.to_string()).collect()
}

async fn find(test: &TestViews, history: &History, request: FindRequest) -> Vec<String> {
    ids(&test.views.find(&request, &ReadAt::latest(history.now)).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_view_finds_its_own() {
    let history = plan();
    let test = TestViews::of(&history.log).await;
    let view = |view| FindRequest { view: Some(view), me: Some("ada".into()), ..FindRequest::default() };
    // Ordered by priority, then by what waits for them, then age; the whole waits for its part.
    assert_eq!(find(&test, &history, view(FindView::Ready)).await, ["TASK-0001", "TASK-0004", "TASK-0007"]);
    assert_eq!(find(&test, &history, view(FindView::Mine)).await, ["TASK-0005"]);
    assert_eq!(find(&test, &history, view(FindView::Blocked)).await, ["TASK-0002", "TASK-0006"]);
    assert_eq!(find(&test, &history, view(FindView::Stale)).await, Vec::<String>::new());
    let open = find(&test, &history, view(FindView::Open)).await;
    assert_eq!(open[..4], ["TASK-0002", "TASK-0003", "TASK-0001", "GOAL-0001"]);
    assert!(open.len() == 9 && !open.contains(&"TASK-0008".to_owned()));
    assert_eq!(find(&test, &history, view(FindView::All)).await.len(), 10);
    assert_eq!(find(&test, &history, FindRequest::default()).await.len(), 9);
    let bob = FindRequest { me: Some("bob".into()), ..view(FindView::Mine) };
    assert_eq!(find(&test, &history, bob).await, ["GOAL-0002"]);

    let later = ReadAt::latest(history.now + TimeDelta::minutes(15));
    let stale = test.views.find(&view(FindView::Stale), &later).await.unwrap();
    assert_eq!(ids(&stale), ["TASK-0005"], "its lease has run out");
    assert_eq!(stale.rows[0].claim.as_ref().unwrap().holder, "ada");
    let week = ReadAt::latest(history.now + TimeDelta::days(7));
    assert_eq!(ids(&test.views.find(&view(FindView::Stale), &week).await.unwrap()), ["TASK-0005", "TASK-0006"]);
    assert!(ids(&test.views.find(&view(FindView::Ready), &later).await.unwrap()).contains(&"TASK-0005".to_owned()));
    assert_eq!(ids(&test.views.find(&view(FindView::Mine), &later).await.unwrap()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_is_told() {
    let history = plan();
    let test = TestViews::of(&history.log).await;
    let request = FindRequest { kind: Some(Kind::Task), ..FindRequest::default() };
    let page = test.views.find(&request, &ReadAt::latest(history.now)).await.unwrap();
    let why = |id: u64| page.rows.iter().find(|row| row.id == Subject::Task(TaskId(id))).unwrap().why_blocked.clone();
    assert_eq!(why(2).unwrap().waits_for, [TaskId(1)]);
    assert_eq!(why(3).unwrap().open_parts, [TaskId(4)]);
    assert_eq!(why(6).unwrap().reason.as_deref(), Some("no fuel"));
    assert_eq!((why(1), why(4), why(5)), (None, None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_much_that_stands_in_the_way_it_is_told_how_much_more_there_is() {
    let mut history = plan();
    let most = limits::WHY_BLOCKED_TASKS_MAX as u64;
    let parts = (0..most + 2).map(|number| PlannedTask { parent: Some(TaskId(3)), ..task(100 + number, "Part") });
    history.act(GoalId(1), C::AddTasks { tasks: parts.collect() }).unwrap();
    let test = TestViews::of(&history.log).await;
    let request = FindRequest { kind: Some(Kind::Task), limit: Some(50), ..FindRequest::default() };
    let page = test.views.find(&request, &ReadAt::latest(history.now)).await.unwrap();
    let whole = page.rows.iter().find(|row| row.id == Subject::Task(TaskId(3))).unwrap();
    let why = whole.why_blocked.clone().unwrap();
    assert_eq!((why.open_parts.len() as u64, why.more), (most, Some(3)), "with the part that there was");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_narrows() {
    let history = plan();
    let test = TestViews::of(&history.log).await;
    let q = |q: &str| FindRequest { q: Some(q.into()), ..FindRequest::default() };
    assert_eq!(find(&test, &history, q("deploy")).await.len(), 2, "stems are found");
    assert_eq!(find(&test, &history, q("\"wait for the deploy\"")).await, ["TASK-0002"]);
    assert_eq!(find(&test, &history, q("deploy -wait")).await, ["TASK-0001"]);
    assert_eq!(find(&test, &history, q("fuel")).await, ["GOAL-0001", "GOAL-0002"], "descriptions are searched");
    assert_eq!(find(&test, &history, q("tag:space tag:moon")).await, ["GOAL-0002"]);
    assert_eq!(find(&test, &history, q("tag:api")).await, ["TASK-0003"]);
    assert_eq!(find(&test, &history, q("by:ada status:in_progress kind")).await, Vec::<String>::new());
    assert_eq!(find(&test, &history, q("by:bob goal:GOAL-0002 land")).await, ["GOAL-0002"]);
    assert_eq!(find(&test, &history, q("status:blocked")).await, ["TASK-0006"]);
    let goal = FindRequest { goal: Some(GoalId(2)), kind: Some(Kind::Task), ..FindRequest::default() };
    assert_eq!(find(&test, &history, goal).await, ["TASK-0007"]);
    let tags = FindRequest { tags: vec!["space".into()], kind: Some(Kind::Goal), ..FindRequest::default() };
    assert_eq!(find(&test, &history, tags).await.len(), 2);
    let status = FindRequest { status: vec!["blocked".into(), "in_progress".into()], ..FindRequest::default() };
    assert_eq!(find(&test, &history, status).await, ["GOAL-0001", "TASK-0005", "TASK-0006"]);
    let nothing = FindRequest { kind: Some(Kind::Goal), view: Some(FindView::Ready), ..FindRequest::default() };
    assert_eq!(find(&test, &history, nothing).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_terms_of_one_kind_mean_any_of_them_but_all_tags() {
    let history = plan();
    let test = TestViews::of(&history.log).await;
    let found =
        async |q: &str| find(&test, &history, FindRequest { q: Some(q.into()), ..FindRequest::default() }).await;
    assert_eq!(found("goal:GOAL-0001 goal:GOAL-0002").await, found("").await);
    assert_eq!(found("goal:GOAL-0001 goal:GOAL-0002 land").await, ["GOAL-0002"]);
    assert_eq!(found("goal:GOAL-0002 goal:GOAL-0001 fuel").await, ["GOAL-0001", "GOAL-0002"]);
    let (ada, bob) = (found("by:ada").await, found("by:bob").await);
    let either = found("by:ada by:bob").await;
    assert!(either.len() > ada.len().max(bob.len()), "{either:?}");
    assert!(either.iter().all(|id| ada.contains(id) || bob.contains(id)), "{either:?}");
    assert_eq!(found("by:bob by:nobody").await, bob);
    assert_eq!(found("by:ada by:bob land").await, ["GOAL-0002"]);
    assert_eq!(
        found("status:blocked status:in_progress goal:GOAL-0001").await,
        ["GOAL-0001", "TASK-0005", "TASK-0006"]
    );
    assert_eq!(found("tag:space tag:api").await, [""; 0], "what has one of them has not both");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_as_a_field_and_in_the_text_must_hold_both_ways() {
    let history = plan();
    let test = TestViews::of(&history.log).await;
    let both =
        async |q: &str, field: FindRequest| find(&test, &history, FindRequest { q: Some(q.into()), ..field }).await;
    let status = |some: &[&str]| FindRequest {
        status: some.iter().map(ToString::to_string).collect(),
        ..FindRequest::default()
    };
    assert_eq!(both("status:blocked", status(&["blocked", "in_progress"])).await, ["TASK-0006"]);
    assert_eq!(both("status:blocked status:in_progress", status(&["blocked"])).await, ["TASK-0006"]);
    assert_eq!(both("status:blocked", status(&["in_progress"])).await, [""; 0]);
    assert_eq!(both("status:in_progress", status(&["completed"])).await, [""; 0], "nor goals");
    let goal = |number| FindRequest { goal: Some(GoalId(number)), ..FindRequest::default() };
    assert_eq!(both("goal:GOAL-0002", goal(2)).await, ["GOAL-0002", "TASK-0007"]);
    assert_eq!(both("goal:GOAL-0002", goal(1)).await, [""; 0]);
    let tag = |tag: &str| FindRequest { tags: vec![tag.to_owned()], ..FindRequest::default() };
    assert_eq!(both("tag:space", tag("moon")).await, ["GOAL-0002"]);
    assert_eq!(both("tag:api", tag("moon")).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_find_nothing_and_break_nothing() {
    let history = plan();
    let test = TestViews::of(&history.log).await;
    let hostile = [
        "'; DROP TABLE read.views; --",
        "\\",
        "%",
        "_",
        "!!!",
        "& | ! ( )",
        "\"unclosed",
        "\u{202e}x",
        "a:*",
        ":::",
        "tag:'; --",
        "by:\" OR 1=1",
        "{tasks}",
        "{@t}",
        "$1",
        "𝕏 🦀",
        "<->",
        "the",
    ];
    for text in hostile {
        let asked = FindRequest { q: Some(text.into()), ..FindRequest::default() };
        let tagged = FindRequest { tags: vec![text.into()], ..FindRequest::default() };
        for request in [asked, tagged] {
            let page = test.views.find(&request, &ReadAt::latest(history.now)).await;
            page.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        }
    }
    let long_word = FindRequest { q: Some("x".repeat(1_000)), ..FindRequest::default() };
    assert_eq!(find(&test, &history, long_word).await, Vec::<String>::new());
    let quoted = FindRequest { q: Some("\"quoted\" 100".into()), ..FindRequest::default() };
    assert_eq!(find(&test, &history, quoted).await, ["TASK-0006"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named() {
    let history = plan();
    let test = TestViews::of(&history.log).await;
    let field = |request: FindRequest| {
        let (views, read) = (test.views.clone(), ReadAt::latest(history.now));
        async move {
            match views.find(&request, &read).await.unwrap_err() {
                ReadError::Invalid(InvalidQuestion { field, .. }) => field,
                other => panic!("{other:?}"),
            }
        }
    };
    let base = FindRequest::default;
    assert_eq!(field(FindRequest { q: Some("a\0b".into()), ..base() }).await, "q");
    assert_eq!(field(FindRequest { q: Some("status:done".into()), ..base() }).await, "q");
    assert_eq!(field(FindRequest { status: vec!["done".into()], ..base() }).await, "status");
    assert_eq!(field(FindRequest { tags: vec!["a\0".into()], ..base() }).await, "tags");
    assert_eq!(field(FindRequest { limit: Some(0), ..base() }).await, "limit");
    assert_eq!(field(FindRequest { view: Some(FindView::Mine), ..base() }).await, "me");
    for cursor in ["", "x", "bm9uc2Vuc2U", &"A".repeat(5_000)] {
        assert_eq!(field(FindRequest { cursor: Some(cursor.into()), ..base() }).await, "cursor");
    }
    let page = test.views.find(&FindRequest { limit: Some(1), ..base() }, &ReadAt::latest(history.now)).await.unwrap();
    let elsewhere = FindRequest { cursor: page.next, view: Some(FindView::Open), ..base() };
    assert_eq!(field(elsewhere).await, "cursor");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_no_gap_and_no_duplicate_whatever_happens_between_them() {
    let mut history = History::random(60, 7, 700);
    let test = TestViews::of(&history.log).await;
    for q in [None, Some("deploy".to_owned())] {
        // What disturbed the pages of one question is there from the start for the next.
        let request = FindRequest { q, view: Some(FindView::All), limit: Some(200), ..FindRequest::default() };
        let whole = all_pages(&test, &mut history, request.clone(), false).await;
        let paged = all_pages(&test, &mut history, FindRequest { limit: Some(7), ..request }, true).await;
        assert!(whole.len() > 7);
        assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), whole.len());
        assert_eq!(paged, whole);
    }
    let mut listed = Vec::new();
    let mut cursor = None;
    loop {
        let request = GoalsRequest { limit: Some(2), cursor, ..GoalsRequest::default() };
        let page = test.views.goals(&request, &ReadAt::latest(history.now)).await.unwrap();
        listed.extend(page.goals.iter().map(|goal| goal.id.0));
        history
            .act(
                GoalId(100 + listed.len() as u64),
                crate::history::creation(&mut crate::history::Dice::new(1), 100 + listed.len() as u64),
            )
            .unwrap();
        project_rest(&test, &history).await;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(listed, [7, 6, 5, 4, 3, 2, 1]);
}

async fn all_pages(test: &TestViews, history: &mut History, mut request: FindRequest, disturbed: bool) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let page = test.views.find(&request, &ReadAt::latest(history.now)).await.unwrap();
        found.extend(ids(&page));
        request.cursor = page.next;
        if request.cursor.is_none() {
            break;
        }
        if disturbed {
            let id = 10_000 + history.log.len() as u64;
            let _refused_or_not = history.act(GoalId(1), C::AddTasks { tasks: vec![task(id, "deploy between pages")] });
            let _refused_or_not = history.act(GoalId(2), C::Archive { subject: GoalId(2).into() });
            project_rest(test, history).await;
        }
    }
    found
}

async fn project_rest(test: &TestViews, history: &History) {
    let at = test.views.checkpoint().await.unwrap() as usize;
    test.project(&history.log[at..]).await;
}
