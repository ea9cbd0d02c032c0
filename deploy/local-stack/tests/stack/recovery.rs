//! Data outlives every way to end.

use std::path::Path;
use std::process::{Command, Stdio};

use local_stack::Server;
use local_stack::testing::OwnStack;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{Folder, connect_nats, keep_message, keep_row, number, rows};

#[tokio::test]
async fn a_restart_keeps_data_passwords_and_addresses() {
    let folder = Folder::new();
    let first = folder.start().await.unwrap();
    let before = first.endpoints().clone();
    keep_row(&before, 1).await;
    assert_eq!(keep_message(&before).await, 1);
    first.stop().await.unwrap();

    let second = folder.start().await.unwrap();
    let after = second.endpoints().clone();
    assert_eq!(
        (after.database_url.as_str(), after.nats_url.as_str()),
        (before.database_url.as_str(), before.nats_url.as_str())
    );
    assert_ne!((after.postgres_pid, after.nats_pid), (before.postgres_pid, before.nats_pid));
    assert_eq!(rows(&after).await, 1);
    assert_eq!(keep_message(&after).await, 2);
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_start_after_both_servers_were_killed_recovers() {
    let folder = Folder::new();
    let endpoints = folder.start().await.unwrap().detach();
    keep_row(&endpoints, 1).await;
    keep_message(&endpoints).await;
    // Only the postmaster: its backends outlive it for a moment, and so does their shared memory.
    kill(Pid::from_raw(endpoints.postgres_pid), Signal::SIGKILL).unwrap();
    kill(Pid::from_raw(endpoints.nats_pid), Signal::SIGKILL).unwrap();

    let stack = folder.start().await.unwrap();
    assert_eq!(rows(stack.endpoints()).await, 1);
    assert_eq!(keep_message(stack.endpoints()).await, 2);
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_stale_pid_file_naming_a_living_stranger_does_not_stop_a_start() {
    let folder = Folder::new();
    let stack = folder.start().await.unwrap();
    keep_row(stack.endpoints(), 1).await;
    let pid_file = stack.endpoints().data_dir.join("postgres/postmaster.pid");
    let text = std::fs::read_to_string(&pid_file).unwrap();
    stack.stop().await.unwrap();
    // As after a reboot that gave Postgres' old number to another process: here, to this very test.
    let (_, rest) = text.split_once('\n').unwrap();
    std::fs::write(&pid_file, format!("{}\n{rest}", std::process::id())).unwrap();

    let stack = folder.start().await.unwrap();
    assert_eq!(rows(stack.endpoints()).await, 1);
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_only_looks_at_the_servers_files_is_left_alone() {
    let folder = Folder::new();
    let endpoints = folder.start().await.unwrap().detach();
    let cluster = endpoints.data_dir.join("postgres");
    let looking = |argument: &Path| {
        let mut command = Command::new("tail");
        command.args(["-f", "PG_VERSION"]).arg(argument).current_dir(&cluster);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let settings = endpoints.data_dir.join("nats/nats.conf");
    assert!(settings.is_file());
    let mut lookers = [looking(&settings), looking(&cluster)];
    kill(Pid::from_raw(endpoints.postgres_pid), Signal::SIGKILL).unwrap();
    kill(Pid::from_raw(endpoints.nats_pid), Signal::SIGKILL).unwrap();

    let mut stack = folder.start().await.unwrap();
    let pids = [stack.endpoints().postgres_pid, stack.endpoints().nats_pid];
    for (pid, server) in pids.into_iter().zip([Server::Postgres, Server::Nats]) {
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        stack.restart(server).await.unwrap();
    }
    stack.stop().await.unwrap();
    for looker in &mut lookers {
        assert!(looker.try_wait().unwrap().is_none(), "somebody else's process was ended");
        looker.kill().unwrap();
        looker.wait().unwrap();
    }
}

#[tokio::test]
async fn a_dead_server_starts_again_at_the_same_address() {
    let folder = Folder::new();
    let mut stack = folder.start().await.unwrap();
    let before = stack.endpoints().clone();
    keep_row(&before, 1).await;
    for (pid, server) in [(before.postgres_pid, Server::Postgres), (before.nats_pid, Server::Nats)] {
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        stack.restart(server).await.unwrap();
    }
    assert_eq!(rows(&before).await, 1);
    keep_message(&before).await;
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_frozen_backend_of_a_killed_server_does_not_keep_the_next_one_from_starting() {
    const ASLEEP_BOUND: std::time::Duration = std::time::Duration::from_secs(30);
    const SLEEP: &str = "select 1::bigint from pg_sleep(600)";
    let folder = Folder::new();
    let mut stack = folder.start().await.unwrap();
    let endpoints = stack.endpoints().clone();
    keep_row(&endpoints, 1).await;
    let url = endpoints.owner_url.clone();
    let sleeping = tokio::spawn(async move { number(&url, SLEEP).await });
    let asleep = format!("select coalesce(max(pid), 0)::bigint from pg_stat_activity where query = '{SLEEP}'");
    let look = async {
        loop {
            let found = number(&endpoints.owner_url, &asleep).await;
            if found > 0 {
                return Pid::from_raw(i32::try_from(found).unwrap());
            }
        }
    };
    let backend = tokio::time::timeout(ASLEEP_BOUND, look).await.expect("the statement begins");
    kill(backend, Signal::SIGSTOP).unwrap();
    kill(Pid::from_raw(endpoints.postgres_pid), Signal::SIGKILL).unwrap();
    stack.restart(Server::Postgres).await.unwrap();
    assert_eq!(rows(&endpoints).await, 1);
    sleeping.abort();
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_test_can_break_a_stack_of_its_own_and_mend_it() {
    let mut own = OwnStack::start().await.unwrap();
    keep_row(own.endpoints(), 1).await;
    keep_message(own.endpoints()).await;

    own.kill_postgres().await.unwrap();
    assert!(crate::support::execute(&own.endpoints().owner_url, "select 1").await.is_err());
    own.restart_postgres().await.unwrap();
    assert_eq!(rows(own.endpoints()).await, 1);

    own.kill_nats().await.unwrap();
    assert!(connect_nats(own.endpoints()).await.is_err());
    own.start_nats().await.unwrap();
    own.stop_nats().await.unwrap();
    own.start_nats().await.unwrap();
    assert_eq!(keep_message(own.endpoints()).await, 2);

    own.pause(Server::Postgres);
    let url = own.endpoints().owner_url.clone();
    let mut asked = tokio::spawn(async move { number(&url, "select 1::bigint").await });
    let patience = std::time::Duration::from_millis(300);
    assert!(tokio::time::timeout(patience, &mut asked).await.is_err(), "a frozen server answers nothing");
    own.resume(Server::Postgres);
    assert_eq!(asked.await.unwrap(), 1);

    let folder = own.endpoints().data_dir.clone();
    drop(own);
    assert!(!folder.exists());
}
