use domain::{
    GoalCommand as C, GoalEvent, TaskId,
    goal::{Link, PlannedTask},
    limits,
};
use serde_json::{Value, json};

use crate::given::*;

fn retitle(title: &str) -> C {
    C::Retitle { subject: task(1), title: title.into() }
}

fn set(key: &str, value: Value) -> C {
    C::SetMetadata { subject: goal(), key: key.into(), value: Some(value) }
}

fn describe(text: &str) -> C {
    C::Describe { subject: goal(), description: Some(text.into()) }
}

#[test]
fn a_title_has_1_to_200_characters() {
    a_task().when(retitle("")).refused("VALIDATION", "title: is empty");
    a_task().when(retitle(" \t\u{3000}")).refused("VALIDATION", "title: is empty");
    a_task().when(retitle(&"ü".repeat(200))).then(&["task_retitled"]);
    a_task().when(retitle(&"ü".repeat(201))).refused("VALIDATION", "201 characters");
}

#[test]
fn a_title_is_one_line_without_control_characters() {
    for title in ["a\nb", "a\u{1b}[31mb", "a\u{7f}", "a\u{85}b", "\0"] {
        a_task().when(retitle(title)).refused("VALIDATION", "control character");
    }
}

#[test]
fn u0000_is_refused_in_every_string() {
    let one = TaskId(1);
    let link = |rel: &str, to: &str| C::AddLink { subject: goal(), link: Link { rel: rel.into(), to: to.into() } };
    let plan = |change: fn(&mut PlannedTask)| {
        let mut task = planned(2, None, &[]);
        change(&mut task);
        C::AddTasks { tasks: vec![task] }
    };
    let commands = vec![
        retitle("a\0b"),
        describe("\0"),
        C::Tag { subject: goal(), tag: "a\0b".into() },
        C::Assign { subject: goal(), assignee: Some("a\0b".into()) },
        set("a\0b", json!(1)),
        set("k", json!("a\0b")),
        set("k", json!({ "deep": [1, { "deeper": ["a\0b"] }] })),
        set("k", json!({ "deep": { "a\0b": 1 } })),
        link("a\0b", "x"),
        link("x", "a\0b"),
        C::AddComment { subject: goal(), kind: Default::default(), body: "a\0b".into() },
        C::CompleteGoal { result: Some("a\0b".into()) },
        C::AddCriterion { task: one, text: "a\0b".into() },
        C::ClaimTask { task: one, holder: "a\0b".into(), until: at(60) },
        C::BlockTask { task: one, reason: Some("a\0b".into()), fence: None },
        C::CompleteTask { task: one, result: Some("a\0b".into()), evidence: vec![], met: vec![], fence: None },
        C::CompleteTask { task: one, result: None, evidence: vec!["a\0b".into()], met: vec![], fence: None },
        C::FailTask { task: one, result: None, evidence: vec!["a\0b".into()], fence: None },
        plan(|task| task.title = "a\0b".into()),
        plan(|task| task.description = Some("a\0b".into())),
        plan(|task| task.key = Some("a\0b".into())),
        plan(|task| _ = task.tags.insert("a\0b".into())),
        plan(|task| task.accept = vec!["a\0b".into()]),
    ];
    for command in commands {
        let open = command.name() == "complete_goal";
        let given = if open { a_goal(vec![]) } else { a_task() };
        given.when(command).refused("VALIDATION", "");
    }
}

#[test]
fn a_description_has_at_most_64_kib() {
    a_task().when(describe(&"x".repeat(64 * 1024))).then(&["goal_described"]);
    a_task().when(describe(&"x".repeat(64 * 1024 + 1))).refused("TOO_BIG", "description");
    a_task().when(describe(&"x".repeat(2 * 1024 * 1024))).refused("TOO_BIG", "2097152 bytes");
}

#[test]
fn an_event_that_escapes_make_too_big_is_refused() {
    a_task().when(describe(&"\u{1}".repeat(64 * 1024))).refused("TOO_BIG", "goal_described: would be stored as");
    let described = |text: &str| {
        let event = GoalEvent::GoalDescribed { from: None, to: Some(text.into()) };
        serde_json::to_string(&event).unwrap().len()
    };
    // Each of these is one byte of text and six of JSON.
    let escaped = "\u{1}".repeat((limits::PAYLOAD_BYTES_MAX - described("")) / 6);
    let most = escaped.clone() + &"x".repeat(limits::PAYLOAD_BYTES_MAX - described(&escaped));
    assert_eq!(described(&most), limits::PAYLOAD_BYTES_MAX);
    a_task().when(describe(&most)).then(&["goal_described"]);
    a_task().when(describe(&(most + "x"))).refused("TOO_BIG", "goal_described: would be stored as");
}

#[test]
fn there_are_only_so_many_tags_links_keys_and_pieces_of_evidence() {
    let tag = |number: usize| C::Tag { subject: goal(), tag: number.to_string() };
    a_task().when_all((0..51).map(tag).collect()).refused("TOO_BIG", "tags");
    a_task().when(tag(0)).then(&["goal_tagged"]);
    a_task().when(C::Tag { subject: goal(), tag: "x".repeat(51) }).refused("VALIDATION", "tags");
    let link =
        |number: usize| C::AddLink { subject: goal(), link: Link { rel: "r".into(), to: number.to_string().into() } };
    a_task().when_all((0..201).map(link).collect()).refused("TOO_BIG", "links");
    a_task()
        .when_all((0..101).map(|number| set(&number.to_string(), json!(1))).collect())
        .refused("TOO_BIG", "metadata");
    let evidence = vec!["log".into(); 51];
    a_task()
        .when(C::CompleteTask { task: TaskId(1), result: None, evidence, met: vec![], fence: None })
        .refused("TOO_BIG", "evidence");
}

#[test]
fn a_metadata_value_is_neither_too_long_nor_too_deep() {
    let quoted = |bytes: usize| json!("x".repeat(bytes - r#""""#.len()));
    a_task().when(set("k", quoted(16 * 1024))).then(&["goal_metadata_set"]);
    a_task().when(set("k", quoted(16 * 1024 + 1))).refused("TOO_BIG", "metadata.k");
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    a_task().when(set("k", nested(32))).then(&["goal_metadata_set"]);
    a_task().when(set("k", nested(33))).refused("TOO_BIG", "metadata.k: is nested");
}

#[test]
fn an_estimate_is_at_most_ten_years() {
    let estimate = |minutes| C::Estimate { task: TaskId(1), minutes: Some(minutes) };
    a_task().when(estimate(limits::ESTIMATE_MINUTES_MAX)).then(&["task_estimated"]);
    a_task().when(estimate(limits::ESTIMATE_MINUTES_MAX + 1)).refused("VALIDATION", "estimate");
}

#[test]
fn a_holder_has_a_name() {
    let claim = C::ClaimTask { task: TaskId(1), holder: " ".into(), until: at(60) };
    a_task().when(claim).refused("VALIDATION", "holder");
}
