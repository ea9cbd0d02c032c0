//! Servers that end, cannot start, or cannot write are started again, for as long as it takes.

use std::collections::BTreeSet;
use std::future::Future;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use local_stack::testing::SmallDisk;
use local_stack::{Server, Stack};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{sleep, timeout};

use crate::support::{Folder, connect_nats, execute, keep_message, keep_row, rows};

/// How long anything that is waited for may take, and how often we look.
const BOUND: Duration = Duration::from_secs(60);
const LOOK_DELAY: Duration = Duration::from_millis(50);

/// Runs `test` while the stack is supervised.
async fn while_supervised<T>(stack: &mut Stack, test: impl Future<Output = T>) -> T {
    tokio::select! {
        never = stack.supervise() => match never {},
        result = timeout(BOUND, test) => result.expect("within the bound"),
    }
}

/// Asks `pgrep`, not the code under test.
fn pids_with_argument(argument: &Path) -> Vec<i32> {
    let output = Command::new("pgrep").arg("-f").arg(argument).output().unwrap();
    String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| line.parse().ok()).collect()
}

#[tokio::test]
async fn a_server_that_keeps_dying_is_started_again_for_as_long_as_it_takes() {
    // More often than we ever gave up after.
    const DEATHS: usize = 6;
    let folder = Folder::new();
    let mut stack = folder.start().await.unwrap();
    let endpoints = stack.endpoints().clone();
    let configuration = endpoints.data_dir.join("nats/nats.conf");
    let dying = async {
        let mut killed = BTreeSet::new();
        while killed.len() < DEATHS {
            for pid in pids_with_argument(&configuration) {
                let _gone = kill(Pid::from_raw(pid), Signal::SIGKILL);
                killed.insert(pid);
            }
            sleep(LOOK_DELAY).await;
        }
        while connect_nats(&endpoints).await.is_err() {
            sleep(LOOK_DELAY).await;
        }
    };
    while_supervised(&mut stack, dying).await;
    keep_message(&endpoints).await;
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_postgres_that_cannot_start_is_tried_until_it_can_while_nats_is_kept_alive() {
    let folder = Folder::new();
    let mut stack = folder.start().await.unwrap();
    let endpoints = stack.endpoints().clone();
    keep_row(&endpoints, 1).await;
    let spoilt = endpoints.data_dir.join("postgres/postgresql.auto.conf");
    let sound = std::fs::read(&spoilt).unwrap();
    let log = || std::fs::read_to_string(&endpoints.postgres_log).unwrap();
    let outage = async {
        std::fs::write(&spoilt, "shared_buffers = 'nonsense'\n").unwrap();
        kill(Pid::from_raw(endpoints.postgres_pid), Signal::SIGKILL).unwrap();
        while log().matches("shared_buffers").count() < 3 {
            sleep(LOOK_DELAY).await;
        }
        kill(Pid::from_raw(endpoints.nats_pid), Signal::SIGKILL).unwrap();
        while connect_nats(&endpoints).await.is_err() {
            sleep(LOOK_DELAY).await;
        }
        std::fs::write(&spoilt, sound).unwrap();
        while execute(&endpoints.owner_url, "select 1").await.is_err() {
            sleep(LOOK_DELAY).await;
        }
    };
    while_supervised(&mut stack, outage).await;
    assert_eq!(rows(&endpoints).await, 1);
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_stop_in_the_middle_of_a_restart_leaves_no_server_behind() {
    let folder = Folder::new();
    let mut stack = folder.start().await.unwrap();
    let cluster = stack.endpoints().data_dir.join("postgres");
    let old = stack.endpoints().postgres_pid;
    let restarting = async {
        kill(Pid::from_raw(old), Signal::SIGKILL).unwrap();
        while !pids_with_argument(&cluster).iter().any(|pid| *pid != old) {
            tokio::task::yield_now().await;
        }
    };
    while_supervised(&mut stack, restarting).await;
    stack.stop().await.unwrap();
    assert_eq!(pids_with_argument(&cluster), [] as [i32; 0]);
}

#[tokio::test]
async fn a_nats_whose_disk_was_full_stores_again_once_there_is_room() {
    const MESSAGE_BYTES: usize = 64 * 1024;
    let folder = Folder::new();
    let first = folder.start().await.unwrap();
    let store = first.endpoints().data_dir.join("nats");
    first.stop().await.unwrap();
    let Some(disk) = SmallDisk::under(&store, 64 * 1024 * 1024).unwrap() else {
        eprintln!("SKIPPED: a full disk cannot be tried here, since nothing can be mounted");
        return;
    };
    let mut stack = folder.start().await.unwrap();
    let endpoints = stack.endpoints().clone();
    keep_message(&endpoints).await;
    let client = connect_nats(&endpoints).await.unwrap();
    let jetstream = async_nats::jetstream::new(client);
    let store_one = async || jetstream.publish("kept", vec![1; MESSAGE_BYTES].into()).await?.await;
    let pid = || pids_with_argument(&store.join("nats.conf"));
    let before = pid();
    let full_then_freed = async {
        disk.fill(512 * 1024).unwrap();
        while store_one().await.is_ok() {}
        // With no room a start would change nothing, so there is none.
        sleep(Duration::from_secs(10)).await;
        assert_eq!(pid(), before);
        disk.free().unwrap();
        while store_one().await.is_err() {
            sleep(LOOK_DELAY).await;
        }
    };
    while_supervised(&mut stack, full_then_freed).await;
    stack.stop().await.unwrap();
    drop(disk);
}

#[tokio::test]
async fn both_servers_are_kept_under_their_old_addresses() {
    let folder = Folder::new();
    let mut stack = folder.start().await.unwrap();
    let endpoints = stack.endpoints().clone();
    keep_row(&endpoints, 1).await;
    let killed = async {
        for pid in [endpoints.postgres_pid, endpoints.nats_pid] {
            kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        }
        while execute(&endpoints.owner_url, "select 1").await.is_err() || connect_nats(&endpoints).await.is_err() {
            sleep(LOOK_DELAY).await;
        }
    };
    while_supervised(&mut stack, killed).await;
    assert_eq!(rows(&endpoints).await, 1);
    stack.restart(Server::Nats).await.unwrap();
    stack.stop().await.unwrap();
}
