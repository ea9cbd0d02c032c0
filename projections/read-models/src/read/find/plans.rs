//! How Postgres goes about each list and each search among 100,000 tasks: along an index, and never through a whole table.

use std::path::Path;

use chrono::Utc;
use domain::GoalId;
use local_stack::testing::TestDatabase;
use serde_json::Value;
use sqlx::{Connection, Executor, PgConnection, migrate::Migrator};
use uuid::Uuid;

use super::{FindRequest, FindView, Wanted, near, statement, whole, why};
use crate::{
    catalogue::{self, Generations},
    read::{
        question::{Moment, Question},
        snapshot::last_recorded,
    },
    rows::Kind,
    views::VIEWS,
};

/// A thousand goals of a hundred tasks, most of them done, some of everything; and so many goals without any that going through all goals is never
/// the right thing to do, however the sample falls that is taken of each table.
const FILL: &[&str] = &[
    "INSERT INTO {goals} (goal, workspace, title, status, priority, archived, tags, links, metadata, version, created_position, created_at,
                          changed_at, deadline, assignee, created_by, from_position)
     SELECT n, 'default', 'Order ' || n, (ARRAY['pending', 'in_progress', 'completed', 'cancelled'])[1 + n % 4], n % 4, n % 50 = 0, '[]', '[]',
            '{}', 1, n, now(), now(), CASE WHEN n % 20 = 0 THEN now() + (n - 5000) * interval '1 day' END,
            CASE WHEN n % 30 = 0 THEN 'agent' || n % 90 END, 'agent' || n % 16, n FROM generate_series(1, 10000) n",
    "INSERT INTO {tasks} (task, goal, workspace, title, status, priority, holds_up, archived, tags, after_tasks, criteria, links, metadata,
                          version, created_position, placed_position, created_at, changed_at, parent, deadline, assignee, created_by, from_position)
     SELECT n, 1 + n % 1000, 'default', 'Task ' || n, CASE WHEN n % 100 < 60 THEN 'completed' WHEN n % 100 < 90 THEN 'pending'
                WHEN n % 100 < 97 THEN 'in_progress' WHEN n % 100 = 97 THEN 'blocked' WHEN n % 1000 = 98 THEN 'failed'
                WHEN n % 1000 = 99 THEN 'in_review' ELSE 'cancelled' END, n % 4, CASE WHEN n % 10 = 0 THEN 2 ELSE 0 END, n % 50 = 0,
            '[\"area-1\"]', '[]', '[]', '[]', CASE WHEN n % 100 = 0 THEN jsonb_build_object('ticket', 'T-' || n % 7000) ELSE '{}' END, 1, n, n, now(), now(), CASE WHEN n % 3 = 0 THEN n - 1000 END,
            CASE WHEN n % 20 = 0 THEN now() + (n - 50000) * interval '1 hour' END, CASE WHEN n % 30 = 0 THEN 'agent' || n % 900 END,
            'agent' || n % 16, n FROM generate_series(1, 100000) n",
    "INSERT INTO {tags} (kind, number, tag, goal, workspace, from_position)
     SELECT 'task', n, 'area-' || n % 200, 1 + n % 1000, 'default', n FROM generate_series(1, 100000) n",
    "INSERT INTO {dependencies} (task, on_task, goal, workspace, from_position)
     SELECT n, n - 1000, 1 + n % 1000, 'default', n FROM generate_series(1001, 100000, 5) n",
    "INSERT INTO {claims} (task, goal, workspace, holder, fence, since, ends_at, from_position)
     SELECT n, 1 + n % 1000, 'default', 'agent' || n % 300, 1, now(), now() + (n - 90000) * interval '1 second', n
       FROM generate_series(90, 100000, 100) n",
    "INSERT INTO {positions} (position, goal, workspace, recorded_at, event_id, event_type, command_id, task, actor, from_position)
     SELECT n, 1 + n % 1000, 'default', now() - (100000 - n) * interval '1 second', gen_random_uuid(), 'task_added', gen_random_uuid(), n, 'agent' || n % 16, n
       FROM generate_series(1, 100000) n",
    "INSERT INTO {comments} (goal, comment, workspace, kind, body, said_at, task, from_position)
     SELECT 1 + n % 1000, n, 'default', 'note', 'Looked at part ' || n || ' of ' || n % 700 || 'th', now(), n, n
       FROM generate_series(1, 20000) n",
    "INSERT INTO {search} (kind, number, goal, workspace, title, description, from_position)
     SELECT 'task', n, 1 + n % 1000, 'default',
            (ARRAY['align', 'brace', 'calibrate', 'drain', 'enamel', 'forge', 'grind', 'harden', 'inspect', 'join'])[1 + n % 10] || ' valve '
            || translate(left(md5((n % 5000)::text), 6), '0123456789', 'ghijklmnop') || ' for order ' || n,
            'The old part is kept until the new one has run for a day.', n FROM generate_series(1, 100000) n",
    "INSERT INTO {search} (kind, number, goal, workspace, title, from_position)
     SELECT 'goal', n, n, 'default', 'Order ' || n, n FROM generate_series(1, 10000) n",
    "INSERT INTO {vocabulary} (word, trigrams, from_position)
     SELECT word, (SELECT string_agg(substr(' ' || word || ' ', place, 3), ',') FROM generate_series(1, length(word)) place), 1
       FROM (SELECT DISTINCT translate(left(md5(n::text), 7), '0123456789', 'ghijklmnop') AS word FROM generate_series(1, 20000) n) words",
];

struct Filled {
    _database: TestDatabase,
    connection: PgConnection,
    generations: Generations,
}

impl Filled {
    async fn of_many() -> Self {
        let migrator = Migrator::new(Path::new("../../migrations")).await.unwrap();
        let key: String = migrator.iter().map(|migration| format!("{:?}", migration.checksum)).collect();
        let database = TestDatabase::create(&key, |owner_url| async move {
            let mut owner = PgConnection::connect(&owner_url).await?;
            migrator.run_direct(&mut owner).await
        });
        let database = database.await.unwrap();
        let mut connection = PgConnection::connect(&database.app_url).await.unwrap();
        let epoch = Uuid::from_u128(7);
        catalogue::prepare(&mut connection, epoch).await.unwrap();
        // Filled like a rebuild, without indexes.
        let generation = catalogue::create_generation(&mut connection, VIEWS, epoch).await.unwrap();
        let generations = Generations(VIEWS.iter().map(|view| ((*view).to_owned(), generation)).collect());
        for fill in FILL {
            let (table, values) = fill.split_once('}').unwrap();
            let mut table_name = Question::new(generations.clone(), Moment::Live, Utc::now());
            table_name.add(&format!("{table}}}"));
            connection.execute(format!("{}{values}", table_name.text()).as_str()).await.unwrap();
        }
        catalogue::create_indexes(&mut connection, VIEWS, generation).await.unwrap();
        connection.execute("ANALYZE").await.unwrap();
        Self { _database: database, connection, generations }
    }

    /// Refuses a plan that goes through a whole table.
    async fn goes_along_indexes(&mut self, what: &str, ask: impl FnOnce(&mut Question)) {
        let mut question = Question::new(self.generations.clone(), Moment::Live, Utc::now());
        ask(&mut question);
        let plan = question.plan(&mut self.connection).await.unwrap();
        let scanned = scanned(&plan);
        assert!(scanned.is_empty(), "{what} goes through all of {scanned:?}: {plan:#}");
    }

    async fn finds_by_time(&mut self, what: &str, ask: impl FnOnce(&mut Question)) {
        let mut question = Question::new(self.generations.clone(), Moment::Live, Utc::now());
        ask(&mut question);
        let plan = question.plan(&mut self.connection).await.unwrap().to_string();
        assert!(plan.contains(r#""Index Cond":"(recorded_at <= "#), "{what} does not use the index of times: {plan}");
    }

    async fn page(&mut self, request: &FindRequest) {
        let wanted = Wanted::read(request).unwrap();
        for after in [None, Some((30_000, 2, 1, 50_000))] {
            self.goes_along_indexes(&format!("{request:?} after {after:?}"), |question| {
                statement::page(question, &wanted, after);
            })
            .await;
        }
    }
}

/// The tables of views that a plan reads from their beginning to their end, or all texts of a kind.
fn scanned(plan: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = vec![plan];
    while let Some(node) = rest.pop() {
        let is_all = node["Node Type"] == "Seq Scan" || node["Index Cond"].as_str().is_some_and(is_any_of_a_kind);
        let table = node["Relation Name"].as_str().filter(|table| is_all && table.contains("__g"));
        found.extend(table.map(str::to_owned));
        match node {
            Value::Array(nodes) => rest.extend(nodes),
            Value::Object(node) => rest.extend(node.values().filter(|value| value.is_array() || value.is_object())),
            _ => {}
        }
    }
    found
}

fn is_any_of_a_kind(condition: &str) -> bool {
    ["(kind = 'goal'::text)", "(kind = 'task'::text)"].contains(&condition)
}

#[tokio::test]
async fn nothing_among_a_hundred_thousand_tasks_is_found_by_going_through_all() {
    let mut filled = Filled::of_many().await;
    lists_and_searches(&mut filled).await;
    whole_tasks_portion_by_portion(&mut filled).await;
    what_is_told_beside_them(&mut filled).await;
    words_of_few_goals(&mut filled).await;
}

async fn lists_and_searches(filled: &mut Filled) {
    use FindView as V;
    let me = || Some("agent30".to_owned());
    for kind in [None, Some(Kind::Goal), Some(Kind::Task)] {
        let base = || FindRequest { kind, me: me(), ..FindRequest::default() };
        for view in
            [V::Ready, V::Mine, V::Blocked, V::Stale, V::Overdue, V::Open, V::All].map(Some).into_iter().chain([None])
        {
            if kind == Some(Kind::Goal) && matches!(view, Some(V::Ready | V::Blocked | V::Stale)) {
                continue;
            }
            filled.page(&FindRequest { view, ..base() }).await;
            filled.page(&FindRequest { view, goal: Some(GoalId(7)), ..base() }).await;
        }
        let questions = [
            "valve",
            "calibrate valve",
            "calib",
            "order 77",
            "\"old part\"",
            "valve -drain",
            "looked at part 77",
            "tag:area-7",
            "valve tag:area-7",
            "by:agent3",
            "by:agent30",
            "by:nobody",
            "by:nobody valve",
            "by:agent30 by:nobody",
            "priority:high",
            "priority:low priority:critical",
            "status:failed",
            "status:in_review",
            "status:completed",
            "status:in_progress valve",
            "goal:GOAL-0007 valve",
            "goal:GOAL-0007 goal:GOAL-0700",
        ];
        for q in questions {
            filled.page(&FindRequest { q: Some(q.to_owned()), ..base() }).await;
        }
    }
}

/// All of them are read in the order of their key, wherever a portion begins.
async fn whole_tasks_portion_by_portion(filled: &mut Filled) {
    for (after, texts) in [(None, false), (Some(domain::TaskId(50_000)), false), (Some(domain::TaskId(50_000)), true)] {
        let request = FindRequest { view: Some(FindView::All), ..FindRequest::default() };
        let wanted = Wanted::read(&request).unwrap();
        let portion = super::Portion { after, rows: 2_000, texts };
        filled.goes_along_indexes(&format!("{portion:?}"), |question| whole::some(question, &wanted, portion)).await;
    }
    for request in [
        FindRequest { goal: Some(GoalId(7)), ..FindRequest::default() },
        FindRequest { assignee: Some("agent30".to_owned()), ..FindRequest::default() },
        FindRequest { tags: vec!["area-7".to_owned()], ..FindRequest::default() },
        FindRequest { metadata: [("ticket".to_owned(), "T-700".to_owned())].into(), ..FindRequest::default() },
        FindRequest { metadata: [("ticket".to_owned(), "700".to_owned())].into(), ..FindRequest::default() },
    ] {
        let wanted = Wanted::read(&request).unwrap();
        filled.goes_along_indexes(&format!("count {request:?}"), |question| whole::counted(question, &wanted)).await;
        filled.page(&request).await;
    }
}

async fn what_is_told_beside_them(filled: &mut Filled) {
    let tasks: Vec<i64> = (1..=50).map(|number| number * 1_000).collect();
    filled.goes_along_indexes("what stands in the way", |question| why::in_the_way(question, &tasks)).await;
    filled.finds_by_time("where a time was", last_recorded).await;
    let misspelt = ["calbirate", "vavle"].map(str::to_owned).into();
    filled.goes_along_indexes("words alike", |question| near::resembling_words(question, &misspelt)).await;
    let request = FindRequest { q: Some("calbirate vavle".to_owned()), ..FindRequest::default() };
    let mut wanted = Wanted::read(&request).unwrap();
    wanted.terms.words =
        wanted.terms.words.alike(vec![vec!["calibrate".to_owned()], vec!["valve".to_owned(), "value".to_owned()]]);
    filled.goes_along_indexes("what was meant", |question| statement::page(question, &wanted, None)).await;
}

/// A thousand goals are few beside the texts of all tasks, so that going through theirs looks cheap.
async fn words_of_few_goals(filled: &mut Filled) {
    let mut few = Question::new(filled.generations.clone(), Moment::Live, Utc::now());
    few.add("DELETE FROM {search} WHERE kind = 'goal' AND number > 1000");
    filled.connection.execute(few.text()).await.unwrap();
    filled.connection.execute("ANALYZE").await.unwrap();
    for q in ["valve", "calibrate valve", "order 77", "\"old part\"", "valve -drain"] {
        filled.page(&FindRequest { q: Some(q.to_owned()), ..FindRequest::default() }).await;
    }
}
