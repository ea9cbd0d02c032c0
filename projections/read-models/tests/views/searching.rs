//! Searching by words: as they are, as they begin, in what was said, and misspelt.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Goal, GoalCommand as C, GoalEvent, GoalId, TaskId,
    goal::{CommentKind, PlannedTask, Priority, Subject},
};
use read_models::{FindPage, FindRequest, FindView, ReadAt, rows::Kind};

use crate::{
    history::{Dice, History, creation},
    support::TestViews,
};

const GOAL: GoalId = GoalId(1);

fn task(id: u64, title: &str) -> PlannedTask {
    PlannedTask { id: TaskId(id), title: title.into(), field: format!("tasks[{id}]"), ..PlannedTask::default() }
}

fn plan() -> History {
    let mut history = History::new();
    history.act(GOAL, creation(&mut Dice::new(50), 1)).unwrap();
    history.act(GOAL, C::Retitle { subject: GOAL.into(), title: "Launch".into() }).unwrap();
    let tasks = vec![
        PlannedTask { priority: Priority::High, ..task(1, "Deploy the relay") },
        PlannedTask { description: Some("Relays want database access".into()), ..task(2, "Fuel the rocket") },
        PlannedTask { priority: Priority::Low, ..task(3, "Relayer study") },
        task(4, "Count down"),
    ];
    history.act(GOAL, C::AddTasks { tasks }).unwrap();
    let say = |subject: Subject, body: &str| C::AddComment { subject, kind: CommentKind::Note, body: body.into() };
    history.act(GOAL, say(TaskId(4).into(), "The telemetry of the relay is late")).unwrap();
    history.act(GOAL, say(GOAL.into(), "Telemetry decides")).unwrap();
    history
}

fn ids(page: &FindPage) -> Vec<String> {
    page.rows.iter().map(|row| row.id.to_string()).collect()
}

async fn page(test: &TestViews, q: &str, read: ReadAt) -> FindPage {
    let request = FindRequest { q: Some(q.into()), view: Some(FindView::All), ..FindRequest::default() };
    test.views.find(&request, &read).await.unwrap()
}

async fn find(test: &TestViews, history: &History, q: &str) -> Vec<String> {
    ids(&page(test, q, ReadAt::latest(history.now)).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_word_may_be_the_beginning_of_one() {
    let history = plan();
    let test = TestViews::of(&history.log).await;
    assert_eq!(find(&test, &history, "deploy rel").await, ["TASK-0001"]);
    assert_eq!(find(&test, &history, "rock").await, ["TASK-0002"]);
    assert_eq!(find(&test, &history, "the rock").await, ["TASK-0002"], "what every text is full of is passed over");
    for finished in ["rock ", "rock tag:none", "\"rock\"", "rock the"] {
        assert_eq!(find(&test, &history, finished).await, Vec::<String>::new(), "{finished}");
    }
    // The word itself comes before longer ones, in a title before elsewhere.
    assert_eq!(find(&test, &history, "relay").await, ["TASK-0001", "TASK-0003", "TASK-0002", "TASK-0004"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_found_until_it_is_taken_back() {
    let mut history = plan();
    let test = TestViews::of(&history.log).await;
    assert_eq!(find(&test, &history, "telemetry").await, ["TASK-0004", "GOAL-0001"]);
    assert_eq!(find(&test, &history, "telemetry late").await, ["TASK-0004"], "each comment is searched by itself");
    assert_eq!(find(&test, &history, "telemetry -late").await, Vec::<String>::new());
    let said = history.log.len();
    history.act(GOAL, C::RetractComment { comment: 1 }).unwrap();
    history.act(GOAL, C::RetractComment { comment: 2 }).unwrap();
    test.project(&history.log[said..]).await;
    assert_eq!(find(&test, &history, "telemetry").await, Vec::<String>::new());
    let before = page(&test, "telemetry", ReadAt::as_of(said as u64, history.now)).await;
    assert_eq!(ids(&before), ["TASK-0004", "GOAL-0001"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn priorities_are_a_filter() {
    let history = plan();
    let test = TestViews::of(&history.log).await;
    assert_eq!(find(&test, &history, "priority:high rel").await, ["TASK-0001"]);
    let tasks =
        FindRequest { kind: Some(Kind::Task), q: Some("priority:high priority:low".into()), ..FindRequest::default() };
    let found = test.views.find(&tasks, &ReadAt::latest(history.now)).await.unwrap();
    assert_eq!(ids(&found), ["TASK-0001", "TASK-0003"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_misspelt_are_forgiven_when_they_find_next_to_nothing() {
    let history = plan();
    let test = TestViews::of(&history.log).await;
    for misspelt in ["deplyo", "Dploy", "depoly teh relay", "deploi relya"] {
        let found = page(&test, misspelt, ReadAt::latest(history.now)).await;
        let expected = if misspelt.contains("teh") { Vec::new() } else { vec!["TASK-0001"] };
        assert_eq!(ids(&found), expected, "{misspelt}");
        assert!(found.rows.iter().all(|row| row.near) && found.next.is_none());
    }
    // What has the words comes first, and is not said to be near.
    let found = page(&test, "fuel rokcet", ReadAt::latest(history.now)).await;
    assert_eq!(found.rows.iter().map(|row| row.near).collect::<Vec<_>>(), [true]);
    assert!(page(&test, "relay", ReadAt::latest(history.now)).await.rows.iter().all(|row| !row.near));
    // What means something else than words is taken as it is, and so is what resembles nothing.
    for exact in ["\"deplyo\"", "deplyo -x", "xylophone", "tag:deplyo", "depl0y", "rly"] {
        assert_eq!(find(&test, &history, exact).await, Vec::<String>::new(), "{exact}");
    }
    let before = page(&test, "deplyo", ReadAt::as_of(2, history.now)).await;
    assert_eq!(ids(&before), Vec::<String>::new(), "nobody had written it yet");
}

/// What is found by a word, as of every position, against the words of a fold.
#[tokio::test(flavor = "multi_thread")]
async fn as_of_every_position_a_word_finds_what_had_it_then() {
    let history = History::random(51, 2, 260);
    let test = TestViews::of(&history.log).await;
    let mut said = Said::default();
    let mut counted = 0;
    for recorded in &history.log {
        said.note(recorded.goal_id().unwrap(), &recorded.goal_event().unwrap());
        for word in ["relay", "naïve"] {
            let request = FindRequest {
                q: Some(format!("\"{word}\"")),
                view: Some(FindView::All),
                limit: Some(200),
                ..FindRequest::default()
            };
            let found = test.views.find(&request, &ReadAt::as_of(recorded.position, history.now)).await.unwrap();
            let found: BTreeSet<Subject> = found.rows.iter().map(|row| row.id).collect();
            let expected = said.with(word);
            counted += expected.len();
            assert_eq!(found, expected, "{word} as of {}", recorded.position);
        }
    }
    assert!(counted > 1_000, "{counted} hits are too few to prove anything");
}

/// Who says what, read off the events.
#[derive(Default)]
struct Said {
    goals: BTreeMap<GoalId, Goal>,
    results: BTreeMap<GoalId, String>,
    comments: BTreeMap<(GoalId, u32), (Subject, String)>,
}

impl Said {
    fn note(&mut self, goal: GoalId, event: &GoalEvent) {
        self.goals.entry(goal).or_default().evolve(event);
        match event {
            GoalEvent::GoalCompleted { result, .. } => {
                self.results.insert(goal, result.as_deref().unwrap_or_default().to_owned());
            }
            GoalEvent::GoalReopened { .. } => _ = self.results.remove(&goal),
            GoalEvent::CommentAdded { comment, task, body, .. } => {
                let subject = task.map_or(Subject::Goal(goal), Subject::Task);
                self.comments.insert((goal, *comment), (subject, body.to_string()));
            }
            GoalEvent::CommentRetracted { comment, .. } => _ = self.comments.remove(&(goal, *comment)),
            _ => {}
        }
    }

    fn with(&self, word: &str) -> BTreeSet<Subject> {
        let has = |text: Option<&str>| text.is_some_and(|text| text.contains(word));
        let mut found: BTreeSet<Subject> =
            self.comments.values().filter(|(_, body)| has(Some(body))).map(|(subject, _)| *subject).collect();
        for (id, goal) in &self.goals {
            let result = self.results.get(id).map(String::as_str);
            if has(Some(&goal.title)) || has(goal.description.as_deref()) || has(result) {
                found.insert(Subject::Goal(*id));
            }
            let tasks = goal.tasks.iter().filter(|(_, task)| {
                has(Some(&task.title)) || has(task.description.as_deref()) || has(task.result.as_deref())
            });
            found.extend(tasks.map(|(id, _)| Subject::Task(*id)));
        }
        found
    }
}
