//! One seed: a storm while writers write, then calm until everything has arrived, then the promises.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::Recorded;
use tokio::{
    runtime::Builder,
    task::JoinHandle,
    time::{sleep, timeout},
};
use uuid::Uuid;

use crate::{
    flaw::Flaw,
    ledger::Ledger,
    nats::Nats,
    node::{Node, Site},
    postgres::Postgres,
    promise::Promise,
    weather::Weather,
    world::{Report, World},
    writer::Writer,
};

/// Processes, so relays at once.
const NODES: usize = 2;
/// Faults that may overlap.
const FRONTS: usize = 2;
/// How long the storm lasts at most while writers write, and after them: what goes wrong then, no new event brings to light.
const STORM_MAX: Duration = Duration::from_secs(40);
const AFTERMATH_MAX: Duration = Duration::from_secs(15);
/// How long everything may take to arrive once nothing goes wrong any more: longer than all delays between tries together.
const ARRIVAL_MAX: Duration = Duration::from_secs(120);
/// How often that is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// Stacks that a writer writes.
const STACKS: u64 = 12;
/// Writers and the commands of their stacks. Fewer than eight commands are on their way at once: from eight on the batcher waits some
/// microseconds for company, by the real clock.
const CROWDS: [(u64, u64); 3] = [(3, 2), (7, 1), (2, 3)];
/// Commands that may wait, messages that the stream keeps: little, now and then, so that the bounds are met.
const QUEUES: [usize; 3] = [2, 64, 64];
const RETENTIONS: [Option<u64>; 3] = [None, None, Some(15)];

/// Runs a seed to its end.
pub(crate) fn run(seed: u64, flaw: Option<Flaw>) -> Report {
    let runtime =
        Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime without I/O");
    runtime.block_on(live(seed, flaw))
}

async fn live(seed: u64, flaw: Option<Flaw>) -> Report {
    let world = World::new(seed, flaw);
    let one_of = |choices: usize| world.below(choices as u64) as usize;
    let postgres = Postgres::new(world.clone());
    let nats = Nats::new(world.clone(), postgres.clone(), world.one_in(2));
    let site = Site {
        world: world.clone(),
        postgres: postgres.clone(),
        nats,
        queue_commands_max: QUEUES[one_of(QUEUES.len())],
        retention_messages: RETENTIONS[one_of(RETENTIONS.len())],
        nats_returns: !world.one_in(4),
    };
    let nodes: Arc<Vec<Node>> = Arc::new((0..NODES).map(|_| Node::start(site.clone())).collect());
    let ledger = Ledger::new(world.clone(), postgres);
    let (writers, commands_max) = CROWDS[one_of(CROWDS.len())];
    let writer =
        || Writer { world: world.clone(), nodes: nodes.clone(), ledger: ledger.clone(), stacks: STACKS, commands_max };
    let mut writers: Vec<JoinHandle<()>> = (0..writers).map(|_| tokio::spawn(writer().run())).collect();
    let weather = || Weather { site: site.clone(), nodes: nodes.clone() };
    let fronts: Vec<JoinHandle<()>> = (0..FRONTS).map(|_| tokio::spawn(weather().blow())).collect();

    // However far they came: the rest is written in the calm.
    let _ = timeout(STORM_MAX, all(&mut writers)).await;
    if world.one_in(2) {
        world.pause(AFTERMATH_MAX).await;
    }
    fronts.iter().for_each(JoinHandle::abort);
    tokio::task::yield_now().await;
    weather().clear_up();
    if timeout(ARRIVAL_MAX, arrival(&site, &nodes, &writers)).await.is_err() {
        world.broken(Promise::Arrives, unfinished(&site, &nodes, &writers));
    }
    nodes.iter().for_each(Node::check);
    check_log(&world, &site.postgres.events(), &ledger);
    check_stream(&site);
    world.report()
}

async fn all(writers: &mut [JoinHandle<()>]) {
    for writer in writers {
        let _ = writer.await;
    }
}

/// Everything is written, on the bus, and read.
async fn arrival(site: &Site, nodes: &[Node], writers: &[JoinHandle<()>]) {
    while !(site.world.is_broken() || has_arrived(site, nodes, writers)) {
        sleep(LOOK_INTERVAL).await;
    }
}

fn has_arrived(site: &Site, nodes: &[Node], writers: &[JoinHandle<()>]) -> bool {
    let head = site.postgres.head();
    writers.iter().all(JoinHandle::is_finished)
        && (!site.nats_returns || site.nats.last_sequence() == Some(head))
        && nodes.iter().all(|node| node.has_read(head))
}

fn unfinished(site: &Site, nodes: &[Node], writers: &[JoinHandle<()>]) -> String {
    let head = site.postgres.head();
    let writing = writers.iter().filter(|writer| !writer.is_finished()).count();
    let reading = nodes.iter().filter(|node| !node.has_read(head)).count();
    let stream = site.nats.last_sequence();
    format!(
        "stuck for {ARRIVAL_MAX:?} after the storm: {writing} writers are not done, the log ends at {head} and the stream at \
         {stream:?}, the readers of {reading} nodes are elsewhere"
    )
}

/// The log's own promises, over all of it.
fn check_log(world: &World, events: &[Option<Recorded>], ledger: &Ledger) {
    let mut streams: HashMap<&str, (u64, u64)> = HashMap::new();
    let mut stored: HashMap<Uuid, u64> = HashMap::new();
    let mut before: Option<&Recorded> = None;
    for (event, position) in events.iter().zip(1..) {
        let Some(event) = event else {
            world.broken(Promise::Gapless, format!("the log has a hole at {position}"));
            continue;
        };
        let (sequence, at) = streams.insert(&event.stream.id, (event.sequence, position)).unwrap_or_default();
        if event.position != position || event.sequence != sequence + 1 || at >= position {
            let how = format!("position {position} does not follow {at} in its stream: sequence {}", event.sequence);
            world.broken(Promise::InSequence, how);
        }
        if !continues(before, event) {
            world.broken(Promise::Whole, format!("a command is not whole at {position}"));
        }
        if before.is_some_and(|before| before.recorded_at > event.recorded_at) {
            world.broken(Promise::TimeGoesOn, format!("recorded_at goes back at {position}"));
        }
        if event.command_pos == 0 && stored.insert(event.command_id, position).is_some() {
            world.broken(Promise::Once, format!("a command is stored twice, the second time at {position}"));
        }
        before = Some(event);
    }
    if before.is_some_and(|last| !last.ends_command()) {
        world.broken(Promise::Whole, "the last command is not whole");
    }
    ledger.check(&stored);
}

/// Whether an event is the next one of its command, or the first one behind a whole command.
fn continues(before: Option<&Recorded>, event: &Recorded) -> bool {
    match before {
        Some(before) if !before.ends_command() => {
            event.command_id == before.command_id && event.command_pos == before.command_pos + 1
        }
        _ => event.command_pos == 0,
    }
}

/// Every message is the log's event of its number; nothing is missing between the first and the last.
fn check_stream(site: &Site) {
    for (sequence, message) in site.nats.messages() {
        let says = |name: &str| message.headers.as_ref().and_then(|headers| headers.get(name)).map(ToString::to_string);
        let is_it = |event: &Recorded| {
            says("Nats-Msg-Id") == Some(event.event_id.to_string())
                && says("ce-sequence") == Some(format!("{sequence:020}"))
                && *message.payload == *event.payload.as_bytes()
        };
        if !site.postgres.holds(sequence, is_it) {
            let how = format!("message {sequence} of the stream is not the log's event of that position");
            site.world.broken(Promise::BusIsTheLog, how);
        }
    }
}
