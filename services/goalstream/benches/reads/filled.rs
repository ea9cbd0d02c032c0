//! A log with many tasks to read from.

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use goal_agent::request::{CreateGoal, TaskPlan};
use local_stack::Endpoints;

use crate::{
    node::{self, Node},
    writer::create_goal,
};

/// Of one goal.
pub(crate) const GOAL_TASKS: usize = 100;
/// Tags that there are.
pub(crate) const TAGS: usize = 2 * GOAL_TASKS;
/// Goals that are created at the same time.
const CREATING_MAX: usize = 16;
/// Words of titles. Every pair of them is in the titles of as many tasks.
const VERBS: [&str; 20] = [
    "align",
    "brace",
    "calibrate",
    "drain",
    "enamel",
    "forge",
    "grind",
    "harden",
    "inspect",
    "join",
    "knurl",
    "lap",
    "mill",
    "notch",
    "oil",
    "polish",
    "quench",
    "rivet",
    "solder",
    "temper",
];
const NOUNS: [&str; 50] = [
    "anvil", "axle", "bearing", "bellows", "boiler", "bracket", "camshaft", "chuck", "clamp", "collet", "coupling",
    "crank", "cylinder", "damper", "flange", "flywheel", "gasket", "gearbox", "gimbal", "governor", "gudgeon", "hinge",
    "housing", "impeller", "jack", "journal", "keyway", "lathe", "lever", "mandrel", "manifold", "nozzle", "pawl",
    "pinion", "piston", "pulley", "quill", "ratchet", "rotor", "shim", "spindle", "sprocket", "stator", "tappet",
    "throttle", "trunnion", "turbine", "valve", "washer", "yoke",
];

/// What was created.
pub(crate) struct Filled {
    pub(crate) goals: Vec<String>,
    /// One of every goal, then the next of every goal, so that neighbours are of different goals.
    pub(crate) tasks: Vec<String>,
}

/// Creates goals until there are so many tasks, and waits for the views.
pub(crate) async fn fill(node: &Node, endpoints: &Endpoints, tasks: usize) -> anyhow::Result<Filled> {
    let planned = stream::iter(0..tasks / GOAL_TASKS).map(|goal| create_goal(&node.agent, plan(goal)));
    let planned: Vec<_> = planned.buffered(CREATING_MAX).try_collect().await.context("fill the log")?;
    node.views_caught_up().await?;
    node::tidy_up(endpoints).await?;
    let of_goals: Vec<Vec<String>> =
        planned.iter().map(|planned| planned.ids.values().map(ToString::to_string).collect()).collect();
    let nth = |place: usize| of_goals.iter().filter_map(move |tasks| tasks.get(place).cloned());
    Ok(Filled {
        goals: planned.iter().map(|planned| planned.goal.to_string()).collect(),
        tasks: (0..GOAL_TASKS).flat_map(nth).collect(),
    })
}

/// Two words that some tasks have in their titles.
pub(crate) fn words(number: usize) -> String {
    format!("{} {}", VERBS[number % VERBS.len()], NOUNS[number / VERBS.len() % NOUNS.len()])
}

/// A tag that some tasks have.
pub(crate) fn tag(number: usize) -> String {
    format!("area-{}", number % TAGS)
}

fn plan(goal: usize) -> CreateGoal {
    let task = |task: usize| {
        let number = goal * GOAL_TASKS + task;
        TaskPlan {
            title: format!("{} for order {number}", words(number)),
            description: Some(format!(
                "As drawn on sheet {number}; the old part is kept until the new one has run for a day."
            )),
            tags: vec![tag(number)],
            ..TaskPlan::default()
        }
    };
    CreateGoal { title: format!("Order {goal}"), tasks: (0..GOAL_TASKS).map(task).collect(), ..CreateGoal::default() }
}
