//! An older Postgres is put back under nodes that run. Agents that know nothing of it write on, past where the newer one ended. The
//! nodes must say what is wrong and put nothing on the bus: its last message belongs to a history that the log no longer has. Then
//! whoever put it back finds out, stops the nodes, and puts the newer one in its place again.

use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    check::head_of_log,
    patience::{QUESTION_BOUND, STAGE_BOUND, until},
    plan::Side,
    violation::Violation,
    world::World,
};
use crate::calling;

/// The copies' names.
const OLDER: &str = "older";
const NEWER: &str = "newer";
/// What the relay says of it.
const REFUSAL: &str = "carries another history";
/// What no fault excuses.
const PANIC: &str = "panicked at";
/// Tasks that are created with one call.
const TASKS: u64 = 50;

pub(crate) async fn restore(world: &World) {
    let copied = back_up(world).await;
    // Workers go on, and what they do now will be missing.
    until(STAGE_BOUND, async || (log_ends(world).await? > copied).then_some(())).await.expect("workers write");
    let _alone = world.asking.write().await;
    let head = until(STAGE_BOUND, async || settled(world).await).await.expect("the bus has what the log has");
    world.is_older.send_replace(true);
    exchange(world, Some(NEWER), OLDER).await;
    outgrow(world, head).await;
    must_refuse(world, head).await;
    stop_nodes_and_exchange(world).await;
    world.is_older.send_replace(false);
}

/// Where the log ends of which there is a copy now.
async fn back_up(world: &World) -> u64 {
    let mut stack = world.stack.lock().await;
    stack.stop_postgres().await.unwrap();
    stack.back_up(OLDER).unwrap();
    stack.restart_postgres().await.unwrap();
    until(STAGE_BOUND, async || log_ends(world).await).await.unwrap()
}

async fn exchange(world: &World, keep: Option<&str>, restore: &str) {
    let mut stack = world.stack.lock().await;
    stack.stop_postgres().await.unwrap();
    if let Some(name) = keep {
        stack.back_up(name).unwrap();
    }
    stack.restore(restore).unwrap();
    stack.restart_postgres().await.unwrap();
}

/// As the documentation has it: nobody holds positions of the other history when Postgres is exchanged. What they complained of
/// until then was right.
async fn stop_nodes_and_exchange(world: &World) {
    let mut stack = world.stack.lock().await;
    stack.stop_postgres().await.unwrap();
    for side in Side::BOTH {
        world.node(side).stop().await;
        let panics = world.node(side).alarms().into_iter().filter(|line| line.contains(PANIC));
        world.violations.add_all(panics.map(|line| Violation::Alarm { side, line }));
    }
    stack.restore(NEWER).unwrap();
    stack.restart_postgres().await.unwrap();
}

async fn log_ends(world: &World) -> Option<u64> {
    head_of_log(&mut world.database().await.ok()?).await.ok()
}

async fn bus_ends(world: &World) -> Option<u64> {
    let bus = world.bus().await;
    let stream = timeout(QUESTION_BOUND, bus.get_stream(world.stream_name())).await.ok()?.ok()?;
    Some(stream.cached_info().state.last_sequence)
}

/// Where log and bus end, when it is the same.
async fn settled(world: &World) -> Option<u64> {
    let head = log_ends(world).await?;
    (bus_ends(world).await? == head).then_some(head)
}

/// Writes until the older log is longer than the newer one was.
async fn outgrow(world: &World, head: u64) {
    let tasks: Vec<Value> = (0..TASKS).map(|number| json!({ "title": format!("Task {number}") })).collect();
    let goal = json!({ "title": "In the older log", "tasks": tasks });
    let client = reqwest::Client::builder().timeout(QUESTION_BOUND).build().unwrap();
    let grown = until(STAGE_BOUND, async || {
        if log_ends(world).await? > head {
            return Some(());
        }
        let url = format!("{}/mcp", world.node(Side::A).url()?);
        calling::call(&client, &url, "an agent that knows nothing", "create_goal", &goal).await.ok()?;
        None
    });
    grown.await.expect("the older log can be written to");
}

async fn must_refuse(world: &World, head: u64) {
    let refused = until(STAGE_BOUND, async || {
        for side in Side::BOTH {
            if let Some(said) = relay_says(world, side).await.filter(|said| said.contains(REFUSAL)) {
                return Some(said);
            }
        }
        None
    });
    if refused.await.is_none() {
        let said = format!("{:?}", [relay_says(world, Side::A).await, relay_says(world, Side::B).await]);
        world.violations.add(Violation::WentOnWithAnOlderLog { what: "no relay refused", said });
    }
    let ends = until(STAGE_BOUND, async || bus_ends(world).await).await;
    if ends != Some(head) {
        let said = format!("the bus ended at {head} and ends at {ends:?}");
        world.violations.add(Violation::WentOnWithAnOlderLog { what: "the bus was published to", said });
    }
}

async fn relay_says(world: &World, side: Side) -> Option<String> {
    let answer =
        timeout(QUESTION_BOUND, reqwest::get(format!("{}/health", world.node(side).url()?))).await.ok()?.ok()?;
    let health: Value = answer.json().await.ok()?;
    let relay = health["checks"].as_array()?.iter().find(|check| check["name"] == "relay")?;
    Some(relay["message"].as_str()?.to_owned())
}
