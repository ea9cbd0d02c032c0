//! As of every position the views say what a fold of the events up to there says.

use std::collections::BTreeSet;

use domain::{
    Goal, GoalId, TaskId, Timestamp,
    goal::{Subject, Task, graph},
};
use read_models::{
    FindRequest, FindView, GoalsRequest, ReadAt, Views, limits,
    rows::{GoalRow, Kind, Progress, TaskRow},
};

use crate::{
    history::{Dice, History, folded},
    support::TestViews,
};

fn progress(goal: &Goal) -> Progress {
    use domain::goal::TaskStatus as S;
    let count = |status| goal.tasks.values().filter(|task| !task.archived && task.status == status).count() as u32;
    Progress {
        total: goal.tasks.values().filter(|task| !task.archived).count() as u32,
        pending: count(S::Pending),
        in_progress: count(S::InProgress),
        blocked: count(S::Blocked),
        in_review: count(S::InReview),
        completed: count(S::Completed),
        failed: count(S::Failed),
        cancelled: count(S::Cancelled),
    }
}

fn assert_goal(row: &GoalRow, goal: &Goal) {
    let links: Vec<_> = goal.links.iter().map(|link| (link.rel.as_str(), &*link.to)).collect();
    assert_eq!(row.links.iter().map(|link| (link.rel.as_str(), link.to.as_str())).collect::<Vec<_>>(), links);
    let same = GoalRow {
        id: goal.id.unwrap(),
        title: goal.title.to_string(),
        description: goal.description.as_deref().map(str::to_owned),
        status: goal.status,
        priority: goal.priority,
        tags: goal.tags.clone(),
        due: goal.due,
        assignee: goal.assignee.clone(),
        metadata: goal.metadata.clone(),
        archived: goal.archived,
        version: goal.version,
        progress: progress(goal),
        // The domain does not keep these.
        links: row.links.clone(),
        result: row.result.clone(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    assert_eq!(*row, same);
}

fn assert_task(row: &TaskRow, id: TaskId, task: &Task, at: Timestamp) {
    let claim = task.live_claim(at).map(|claim| (claim.holder.clone(), task.fence, claim.since, claim.until));
    assert_eq!(row.claim.clone().map(|claim| (claim.holder, claim.fence, claim.since, claim.until)), claim);
    let criteria: Vec<_> = task.criteria.iter().map(|(number, one)| (*number, one.text.to_string(), one.met)).collect();
    assert_eq!(row.criteria.iter().map(|one| (one.number, one.text.clone(), one.met)).collect::<Vec<_>>(), criteria);
    let links: Vec<_> = task.links.iter().map(|link| (link.rel.as_str(), &*link.to)).collect();
    assert_eq!(row.links.iter().map(|link| (link.rel.as_str(), link.to.as_str())).collect::<Vec<_>>(), links);
    let same = TaskRow {
        id,
        goal: row.goal,
        parent: task.parent,
        title: task.title.to_string(),
        description: task.description.as_deref().map(str::to_owned),
        status: task.status,
        // The domain does not keep these.
        blocked_reason: row.blocked_reason.clone(),
        priority: task.priority,
        tags: task.tags.clone(),
        after: task.after.clone(),
        estimate_minutes: task.estimate_minutes,
        due: task.due,
        assignee: task.assignee.clone(),
        metadata: task.metadata.clone(),
        result: task.result.as_deref().map(str::to_owned),
        archived: task.archived,
        version: task.version,
        claim: row.claim.clone(),
        criteria: row.criteria.clone(),
        links: row.links.clone(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    assert_eq!(*row, same);
}

async fn found(views: &Views, view: FindView, goal: GoalId, read: &ReadAt) -> BTreeSet<TaskId> {
    in_order(views, view, goal, read).await.into_iter().collect()
}

async fn in_order(views: &Views, view: FindView, goal: GoalId, read: &ReadAt) -> Vec<TaskId> {
    let request = FindRequest {
        view: Some(view),
        goal: Some(goal),
        kind: Some(Kind::Task),
        me: Some("ada".into()),
        limit: Some(200),
        ..FindRequest::default()
    };
    let page = views.find(&request, read).await.unwrap();
    assert!(page.next.is_none());
    let task = |id| match id {
        Subject::Task(task) => task,
        Subject::Goal(goal) => panic!("{goal} among the tasks"),
    };
    page.rows.into_iter().map(|row| task(row.id)).collect()
}

/// Everything the views say about a goal at one moment. Returns how many tasks are ready and how many blocked.
async fn assert_same(views: &Views, id: GoalId, goal: &Goal, read: &ReadAt, at: Timestamp) -> (usize, usize) {
    let tree = views.goal_tree(id, read).await.unwrap().unwrap();
    assert_goal(&tree.goal, goal);
    assert_eq!(tree.tasks.len(), goal.tasks.len());
    let mut seen = BTreeSet::new();
    for row in &tree.tasks {
        assert_task(row, row.id, goal.task(row.id).unwrap(), at);
        assert!(row.parent.is_none_or(|parent| seen.contains(&parent)), "{} comes before its parent", row.id);
        seen.insert(row.id);
    }
    let tasks = |holds: &dyn Fn(TaskId, &Task) -> bool| -> BTreeSet<TaskId> {
        goal.tasks.iter().filter(|(id, task)| holds(**id, task)).map(|(id, _)| *id).collect()
    };
    let open = |task: &Task| goal.status.is_open() && !goal.archived && task.status.is_open() && !task.archived;
    let ready = tasks(&|id, _| graph::is_ready(goal, id, at));
    let turns: Vec<TaskId> = goal.agenda.open().filter(|id| ready.contains(id)).collect();
    assert_eq!(in_order(views, FindView::Ready, id, read).await, turns);
    assert_eq!(turns.len(), ready.len());
    let ids: Vec<TaskId> = goal.tasks.keys().copied().take(limits::BATCH_IDS_MAX).collect();
    for standing in views.tasks_by_id(&ids, read).await.unwrap().value {
        assert_eq!(standing.ready, ready.contains(&standing.task.id), "{}", standing.task.id);
    }
    assert_eq!(found(views, FindView::Open, id, read).await, tasks(&|_, task| open(task)));
    let blocked = |task: &Task| task.status == domain::goal::TaskStatus::Blocked;
    let stuck = tasks(&|id, task| open(task) && (blocked(task) || !graph::blockers(goal, id).is_empty()));
    assert_eq!(found(views, FindView::Blocked, id, read).await, stuck);
    let overdue = |task: &Task| task.due.is_some_and(|due| due.deadline() <= at);
    assert_eq!(found(views, FindView::Overdue, id, read).await, tasks(&|_, task| open(task) && overdue(task)));
    let mine = |task: &Task| {
        task.assignee.as_deref() == Some("ada") || task.live_claim(at).is_some_and(|claim| claim.holder == "ada")
    };
    assert_eq!(found(views, FindView::Mine, id, read).await, tasks(&|_, task| open(task) && mine(task)));
    assert_eq!(found(views, FindView::All, id, read).await, tasks(&|_, _| true));
    (ready.len(), stuck.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn as_of_every_position_the_views_say_what_the_fold_says() {
    for seed in [1, 2] {
        let history = History::random(seed, 2, 220);
        let test = TestViews::of(&history.log).await;
        for recorded in &history.log {
            let read = ReadAt::as_of(recorded.position, history.now);
            let id = recorded.goal_id().unwrap();
            let goals = folded(&history.log, recorded.position);
            assert_same(&test.views, id, &goals[&id], &read, recorded.recorded_at).await;
            let listed = test.views.goals(&GoalsRequest::default(), &read).await.unwrap();
            assert_eq!(listed.goals.len(), goals.len(), "seed {seed} position {}", recorded.position);
            listed.goals.iter().for_each(|row| assert_goal(row, &goals[&row.id]));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn now_the_views_say_what_the_fold_says() {
    let (mut ready, mut blocked) = (0, 0);
    for seed in 10..16 {
        let history = History::random(seed, 3, 600);
        let test = TestViews::of(&history.log).await;
        for (id, goal) in &history.goals {
            let found = assert_same(&test.views, *id, goal, &ReadAt::latest(history.now), history.now).await;
            (ready, blocked) = (ready + found.0, blocked + found.1);
        }
    }
    assert!(ready > 50 && blocked > 50, "{ready} ready and {blocked} blocked are too few to prove anything");
}

/// What the projecting process hands out from memory is what the tables say, whatever the pages, and whatever it had to load first.
#[tokio::test(flavor = "multi_thread")]
async fn changed_rows_are_the_same_from_memory_and_from_the_tables() {
    let history = History::random(78, 3, 600);
    let test = TestViews::of(&history.log[..100]).await;
    let tables = test.another_process().await;
    let mut dice = Dice::new(6);
    test.views.rows_changed(1, 1).await.unwrap();
    let (mut rest, mut handed_out) = (&history.log[100..], 0);
    while !rest.is_empty() {
        let (page, later) = rest.split_at((1 + dice.below(40)).min(rest.len()));
        let (from, to) = (page[0].position, page[page.len() - 1].position);
        test.project(page).await;
        let told = test.without_tables(test.views.rows_changed(from, to)).await.unwrap();
        tables.wait_for(to, limits::WAIT_BOUND_DEFAULT).await.unwrap();
        assert_eq!(told, tables.rows_changed(from, to).await.unwrap());
        assert_eq!(told, test.views.rows_changed(from, to).await.unwrap(), "who asks again is answered by the tables");
        handed_out += told.len();
        rest = later;
    }
    assert_eq!(handed_out, history.log.len() - 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_rows_are_those_as_of_each_position() {
    let history = History::random(77, 2, 300);
    let test = TestViews::of(&history.log).await;
    let changed = test.views.rows_changed(1, 300.min(history.log.len() as u64)).await.unwrap();
    let mut dice = Dice::new(5);
    for rows in &changed {
        let recorded = &history.log[rows.position as usize - 1];
        let goals = folded(&history.log, rows.position);
        let goal = &goals[&recorded.goal_id().unwrap()];
        rows.goals.iter().for_each(|row| assert_goal(row, goal));
        rows.tasks.iter().for_each(|row| assert_task(row, row.id, goal.task(row.id).unwrap(), recorded.recorded_at));
        let task = recorded.goal_event().unwrap().task();
        assert_eq!(rows.tasks.iter().map(|row| row.id).collect::<Vec<_>>(), task.into_iter().collect::<Vec<_>>());
        let before = folded(&history.log, rows.position - 1);
        let before = before.get(&recorded.goal_id().unwrap()).map(|goal| (goal.version, progress(goal)));
        let changes = before != Some((goal.version, progress(goal)));
        assert_eq!(rows.goals.len(), usize::from(changes), "position {}", rows.position);
        if dice.one_in(10) {
            let read = ReadAt::as_of(rows.position, history.now);
            let there = test.views.goal(goal.id.unwrap(), &read).await.unwrap().value.unwrap();
            rows.goals.iter().for_each(|row| assert_eq!(*row, there));
        }
    }
}
