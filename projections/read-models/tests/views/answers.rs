//! The smaller queries, and the shape of rows.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::{
    GoalCommand as C, GoalId, TaskId,
    goal::{CommentKind, GoalStatus, PlannedTask, Priority, Subject},
};
use read_models::{GoalsRequest, ReadAt, ReadError};
use serde_json::json;

use crate::{history::History, support::TestViews};

fn small() -> History {
    let mut history = History::new();
    let create = C::CreateGoal {
        goal: GoalId(12),
        title: "Launch".into(),
        description: None,
        priority: Priority::High,
        tags: ["space".to_owned()].into(),
        due: Some(serde_json::from_value(json!("2026-11-30")).unwrap()),
        metadata: BTreeMap::new(),
        tasks: vec![
            PlannedTask {
                id: TaskId(120),
                title: "Fuel".into(),
                accept: vec!["tank is full".into()],
                ..PlannedTask::default()
            },
            PlannedTask {
                id: TaskId(121),
                title: "Count down".into(),
                tags: ["space".to_owned()].into(),
                ..PlannedTask::default()
            },
        ],
    };
    history.act(GoalId(12), create).unwrap();
    history
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_look_as_promised() {
    let mut history = small();
    let until = history.now + TimeDelta::minutes(15);
    history.act(GoalId(12), C::ClaimTask { task: TaskId(120), holder: "ada".into(), until }).unwrap();
    let test = TestViews::of(&history.log).await;
    let tree = test.views.goal_tree(GoalId(12), &ReadAt::latest(history.now)).await.unwrap().unwrap();
    assert_eq!(
        serde_json::to_value(&tree).unwrap(),
        json!({
            "position": 6, "epoch": test.views.epoch(),
            "goal": {
                "id": "GOAL-0012", "title": "Launch", "status": "in_progress", "priority": "high", "tags": ["space"], "due": "2026-11-30",
                "version": 4,
                "progress": {"total": 2, "pending": 1, "in_progress": 1, "blocked": 0, "in_review": 0, "completed": 0, "failed": 0, "cancelled": 0},
                "created_at": "2025-10-09T08:53:20Z", "updated_at": "2025-10-09T08:53:20Z",
            },
            "tasks": [
                {
                    "id": "TASK-0120", "goal": "GOAL-0012", "title": "Fuel", "status": "in_progress", "priority": "medium",
                    "claim": {"holder": "ada", "fence": 1, "since": "2025-10-09T08:53:20Z", "until": "2025-10-09T09:08:20Z"},
                    "criteria": [{"number": 1, "text": "tank is full", "met": false}],
                    "version": 6, "created_at": "2025-10-09T08:53:20Z", "updated_at": "2025-10-09T08:53:20Z",
                },
                {
                    "id": "TASK-0121", "goal": "GOAL-0012", "title": "Count down", "status": "pending", "priority": "medium", "tags": ["space"],
                    "version": 3, "created_at": "2025-10-09T08:53:20Z", "updated_at": "2025-10-09T08:53:20Z",
                },
            ],
        })
    );
    assert!(test.views.goal_tree(GoalId(13), &ReadAt::latest(history.now)).await.unwrap().is_none());
    assert!(test.views.goal(GoalId(u64::MAX), &ReadAt::latest(history.now)).await.unwrap().value.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_are_there_until_they_are_taken_back() {
    let mut history = small();
    for (subject, kind, body) in [
        (Subject::Goal(GoalId(12)), CommentKind::Decision, "Go"),
        (Subject::Task(TaskId(120)), CommentKind::Handoff, "Half full"),
        (Subject::Task(TaskId(120)), CommentKind::Note, "Wrong"),
    ] {
        history.now += TimeDelta::seconds(1);
        history.act(GoalId(12), C::AddComment { subject, kind, body: body.into() }).unwrap();
    }
    let before = history.log.len() as u64;
    history.act(GoalId(12), C::RetractComment { comment: 3 }).unwrap();
    let test = TestViews::of(&history.log).await;
    let bodies = async |subject: Subject, read: ReadAt| {
        let comments = test.views.comments(subject, &read).await.unwrap().value;
        comments.into_iter().map(|comment| comment.body).collect::<Vec<_>>()
    };
    let now = ReadAt::latest(history.now);
    assert_eq!(bodies(GoalId(12).into(), now).await, ["Go"]);
    assert_eq!(bodies(TaskId(120).into(), now).await, ["Half full"]);
    assert_eq!(bodies(TaskId(120).into(), ReadAt::as_of(before, history.now)).await, ["Half full", "Wrong"]);
    let by_number = async |number| test.views.comment(GoalId(12), number, &now).await.unwrap().value;
    assert_eq!(by_number(3).await, None);
    let comment = by_number(2).await.unwrap();
    assert_eq!(
        serde_json::to_value(&comment).unwrap(),
        json!({"goal": "GOAL-0012", "comment": 2, "task": "TASK-0120", "kind": "handoff", "body": "Half full", "author": "bob", "at": "2025-10-09T08:53:22Z"})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_counted() {
    let mut history = small();
    history.act(GoalId(12), C::Tag { subject: TaskId(120).into(), tag: "api".into() }).unwrap();
    let test = TestViews::of(&history.log).await;
    let tags = test.views.tags(&ReadAt::latest(history.now)).await.unwrap();
    assert_eq!(
        serde_json::to_value(&tags.value).unwrap(),
        json!([{"tag": "space", "goals": 1, "tasks": 1}, {"tag": "api", "goals": 0, "tasks": 1}])
    );
    let before = test.views.tags(&ReadAt::as_of(1, history.now)).await.unwrap();
    assert_eq!(serde_json::to_value(&before.value).unwrap(), json!([{"tag": "space", "goals": 1, "tasks": 0}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_id_has_a_near_right_one() {
    let history = small();
    let test = TestViews::of(&history.log).await;
    let nearest = async |id: &str| {
        let found = test.views.nearest(id).await.unwrap();
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    for same in ["task-120", "TASK 120", "task120", "T-0120", "TSK-120", "#120"] {
        assert_eq!(nearest(same).await, "TASK-0120", "{same}");
    }
    for (slip, meant) in [
        ("TASK-0210", "TASK-0120"),
        ("TASK-0122", "TASK-0120 TASK-0121"),
        ("TASK-0012", "TASK-0120 TASK-0121"),
        ("GOAL-0021", "GOAL-0012"),
        ("GOAL-0013", "GOAL-0012"),
        ("13", "GOAL-0012"),
    ] {
        assert_eq!(nearest(slip).await, meant, "{slip}");
    }
    for none in ["TASK-9999", "GOAL-0150", "goal-1200", "ISSUE-120", "", "nonsense'; --", &"9".repeat(100)] {
        assert_eq!(nearest(none).await, "", "{none}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered() {
    let mut history = History::random(21, 6, 40);
    for (goal, command) in [(1, C::CancelGoal), (2, C::Archive { subject: GoalId(2).into() }), (3, C::StartGoal)] {
        let _refused_or_not = history.act(GoalId(goal), C::ReopenGoal);
        let _refused_or_not = history.act(GoalId(goal), command);
    }
    let test = TestViews::of(&history.log).await;
    let list = async |request: GoalsRequest| {
        let page = test.views.goals(&request, &ReadAt::latest(history.now)).await.unwrap();
        page.goals.iter().map(|goal| goal.id).collect::<Vec<_>>()
    };
    let expected = |holds: &dyn Fn(&domain::Goal) -> bool| -> Vec<GoalId> {
        history.goals.iter().rev().filter(|(_, goal)| holds(goal)).map(|(id, _)| *id).collect()
    };
    let status = |status: Vec<GoalStatus>| GoalsRequest { status, ..GoalsRequest::default() };
    assert_eq!(list(status(vec![GoalStatus::Cancelled])).await, expected(&|goal| goal.status == GoalStatus::Cancelled));
    assert_eq!(
        list(status(vec![GoalStatus::Pending, GoalStatus::InProgress])).await,
        expected(&|goal| goal.status.is_open())
    );
    for archived in [true, false] {
        let request = GoalsRequest { archived: Some(archived), ..GoalsRequest::default() };
        assert_eq!(list(request).await, expected(&|goal| goal.archived == archived));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_have_a_bound_and_skip_what_is_not_there() {
    let history = small();
    let test = TestViews::of(&history.log).await;
    let read = ReadAt::latest(history.now);
    let ids: Vec<TaskId> = (60..160).map(TaskId).collect();
    let found = test.views.tasks_by_id(&ids, &read).await.unwrap().value;
    assert_eq!(found.iter().map(|standing| standing.task.id.0).collect::<Vec<_>>(), [120, 121]);
    let many: Vec<GoalId> = (1..=101).map(GoalId).collect();
    assert!(matches!(test.views.goals_by_id(&many, &read).await, Err(ReadError::Invalid(_))));
    let moment = test.views.position_at(history.now).await.unwrap();
    assert_eq!(moment, history.log.len() as u64);
    assert_eq!(test.views.position_at(history.now - TimeDelta::days(1)).await.unwrap(), 0);
}
