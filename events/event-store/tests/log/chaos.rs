//! Four writers on the same streams, backends killed at random, repeats, conflicts, and a reader that follows the end.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use event_store::{AppendError, Log, NewCommand, Outcome, Receipt};
use sqlx::PgConnection;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::setting::{Dice, assert_sound, command, command_with, database, log, owner, stack, stream};

const WRITERS: usize = 4;
/// Callers of each writer.
const CALLERS: usize = 8;
/// Few, so that writers meet.
const STREAMS: u64 = 24;
/// How long they write.
const DURATION: Duration = Duration::from_secs(8);

/// What one caller was told, by command.
#[derive(Default)]
struct Told {
    acknowledged: HashMap<Uuid, Receipt>,
    unknown: Vec<Uuid>,
    conflicts: u64,
    repeats: u64,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_or_out_of_order_while_backends_are_killed() {
    let mut dice = Dice::new("chaos");
    let database = database().await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut logs = Vec::new();
    let mut callers = JoinSet::new();
    for _ in 0..WRITERS {
        let log = log(&database).await;
        for _ in 0..CALLERS {
            callers.spawn(write(log.clone(), dice.fork(), stop.clone()));
        }
        logs.push(log);
    }
    let reader = tokio::spawn(follow(log(&database).await, stop.clone()));
    let killer = tokio::spawn(kill(owner(&database).await, dice.fork(), stop.clone()));
    tokio::time::sleep(DURATION).await;
    stop.store(true, Relaxed);

    let told = callers.join_all().await;
    let kills = killer.await.unwrap();
    let head = assert_sound(&logs[0]).await;
    assert_eq!(reader.await.unwrap(), head, "the reader saw everything");
    let stored = stored_commands(&logs[0]).await;
    let (mut acknowledged, mut conflicts, mut repeats) = (0, 0, 0);
    for told in &told {
        conflicts += told.conflicts;
        repeats += told.repeats;
        acknowledged += told.acknowledged.len();
        for (id, receipt) in &told.acknowledged {
            assert_eq!(stored.get(id), Some(&(receipt.first_position, receipt.last_position)), "command {id}");
        }
    }
    let unknown: usize = told.iter().map(|told| told.unknown.len()).sum();
    println!(
        "{acknowledged} acknowledged, {unknown} unknown, {conflicts} conflicts, {repeats} repeats, {kills} kills, head {head}"
    );
    assert!(stored.len() <= acknowledged + unknown, "nothing is stored that nobody asked for");
    assert!(acknowledged > 100 && conflicts > 10 && repeats > 10 && kills > 3, "the test did not test");
}

async fn write(log: Log, mut dice: Dice, stop: Arc<AtomicBool>) -> Told {
    let mut told = Told::default();
    let mut versions: HashMap<u64, u64> = HashMap::new();
    let mut past: Vec<(Uuid, Receipt)> = Vec::new();
    while !stop.load(Relaxed) {
        let number = dice.below(STREAMS) + 1;
        let version = versions.entry(number).or_default();
        if dice.below(10) == 0 && !past.is_empty() {
            let (id, first) = past[dice.below(past.len() as u64) as usize];
            if let Some(repeated) = append(&log, number, *version, vec![command_with(id, 1)]).await {
                assert_eq!(repeated, [Outcome::Duplicate(Receipt { duplicate: true, ..first })]);
            }
            told.repeats += 1;
            continue;
        }
        let commands: Vec<NewCommand> = (0..=dice.below(3)).map(|_| command(1 + dice.below(4) as usize)).collect();
        match append(&log, number, *version, commands.clone()).await {
            None => told.unknown.extend(commands.iter().map(|command| command.command_id)),
            Some(outcomes) => {
                let stored = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Appended(_))).count();
                assert!(stored == 0 || stored == outcomes.len(), "a stack was stored by half: {outcomes:?}");
                for (command, outcome) in commands.into_iter().zip(outcomes) {
                    match outcome {
                        Outcome::Appended(receipt) => {
                            *version = receipt.sequence;
                            told.acknowledged.insert(command.command_id, receipt);
                            past.push((command.command_id, receipt));
                        }
                        Outcome::Conflict { current_sequence } => {
                            *version = current_sequence;
                            told.conflicts += 1;
                        }
                        Outcome::Duplicate(_) => panic!("a new command id is no duplicate"),
                    }
                }
            }
        }
    }
    told
}

/// `None`: nobody knows what became of it.
async fn append(log: &Log, number: u64, expected: u64, commands: Vec<NewCommand>) -> Option<Vec<Outcome>> {
    loop {
        match log.append(stack(number, expected, commands.clone())).await {
            Ok(outcomes) => return Some(outcomes),
            Err(AppendError::Busy { retry_after_ms }) => {
                tokio::time::sleep(Duration::from_millis(retry_after_ms)).await;
            }
            Err(AppendError::Unavailable { .. }) => return None,
            Err(other) => panic!("{other}"),
        }
    }
}

/// Follows the end as closely as it can. A hole would be an error of `read_all`; positions only grow.
async fn follow(log: Log, stop: Arc<AtomicBool>) -> u64 {
    let mut position = 0;
    loop {
        let stopping = stop.load(Relaxed) && position == log.head().await.unwrap().position;
        position += log.read_all(position, 100).await.unwrap().len() as u64;
        if stopping {
            // Callers finish what they began.
            let end = Instant::now() + Duration::from_secs(3);
            while Instant::now() < end {
                position += log.read_all(position, 1_000).await.unwrap().len() as u64;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            return position;
        }
    }
}

async fn kill(mut owner: PgConnection, mut dice: Dice, stop: Arc<AtomicBool>) -> u64 {
    let mut kills = 0;
    while !stop.load(Relaxed) {
        tokio::time::sleep(Duration::from_millis(100 + dice.below(300))).await;
        let pids: Vec<i32> = sqlx::query_scalar(
            "SELECT pid FROM pg_stat_activity WHERE application_name IN ('goalstream append', 'goalstream listen') \
             AND datname = current_database() ORDER BY pid",
        )
        .fetch_all(&mut owner)
        .await
        .unwrap();
        if pids.is_empty() {
            continue;
        }
        let pid = pids[dice.below(pids.len() as u64) as usize];
        let killed: bool =
            sqlx::query_scalar("SELECT pg_terminate_backend($1)").bind(pid).fetch_one(&mut owner).await.unwrap();
        kills += u64::from(killed);
    }
    kills
}

/// First and last position of every command.
pub(crate) async fn stored_commands(log: &Log) -> HashMap<Uuid, (u64, u64)> {
    let mut commands = HashMap::new();
    let mut position = 0;
    loop {
        let page = log.read_all(position, 1_000).await.unwrap();
        let Some(last) = page.last() else { return commands };
        position = last.position;
        for event in page {
            let places = commands.entry(event.command_id).or_insert((event.position, event.position));
            places.1 = event.position;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_writers_of_one_stream_get_every_command_in() {
    let database = database().await;
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let log = log(&database).await;
        writers.spawn(async move {
            let mut version = 0;
            for _ in 0..50 {
                loop {
                    match log.append(stack(1, version, vec![command(2)])).await.unwrap()[0] {
                        Outcome::Appended(receipt) => break version = receipt.sequence,
                        Outcome::Conflict { current_sequence } => version = current_sequence,
                        Outcome::Duplicate(_) => panic!("a new command id is no duplicate"),
                    }
                }
            }
        });
    }
    writers.join_all().await;
    let log = log(&database).await;
    assert_eq!(assert_sound(&log).await, 400);
    assert_eq!(log.read_stream(&stream(1), 0, 1_000).await.unwrap().last().unwrap().sequence, 400);
}
