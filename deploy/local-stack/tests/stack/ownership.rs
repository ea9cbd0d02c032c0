//! One owner at a time, and servers that outlive it.

use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use async_nats::jetstream::{consumer::pull, context::ContextBuilder};
use futures::StreamExt;
use local_stack::Config;

use crate::support::{Folder, connect_nats_at, execute, keep_message, keep_row, number, rows, tools};

#[tokio::test]
async fn a_second_owner_is_refused_with_the_first_ones_process_id() {
    let folder = Folder::new();
    let stack = folder.start().await.unwrap();
    let error = folder.start().await.unwrap_err().to_string();
    assert!(error.contains(&format!("in use by process {}", std::process::id())), "{error}");
    keep_row(stack.endpoints(), 1).await;
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn servers_whose_owner_is_gone_are_adopted_as_they_run() {
    let folder = Folder::new();
    let before = folder.start().await.unwrap().detach();
    keep_row(&before, 1).await;

    let mut stack = folder.start().await.unwrap();
    let after = stack.endpoints().clone();
    assert_eq!((after.postgres_pid, after.nats_pid), (before.postgres_pid, before.nats_pid));
    assert_eq!(
        (after.database_url.as_str(), after.nats_url.as_str()),
        (before.database_url.as_str(), before.nats_url.as_str())
    );
    assert_eq!(after.nats_version, before.nats_version);
    assert_eq!(rows(&after).await, 1);
    // What was adopted can be supervised and stopped like what was started.
    stack.restart(local_stack::Server::Nats).await.unwrap();
    stack.stop().await.unwrap();
    assert!(execute(&before.owner_url, "select 1").await.is_err());
}

#[tokio::test]
async fn servers_that_run_with_other_settings_are_started_anew() {
    let folder = Folder::new();
    let before = folder.start().await.unwrap().detach();
    let config = Config { connections_max: 50, ..folder.config() };
    let stack = local_stack::Stack::start(&config, tools().await, &|_| ()).await.unwrap();
    assert_ne!(stack.endpoints().postgres_pid, before.postgres_pid);
    let setting = "select current_setting('max_connections')::bigint";
    assert_eq!(number(&stack.endpoints().database_url, setting).await, 50);
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn lost_passwords_are_replaced() {
    let folder = Folder::new();
    let before = folder.start().await.unwrap().detach();
    keep_row(&before, 1).await;
    std::fs::remove_file(before.data_dir.join("secrets.json")).unwrap();
    let stack = folder.start().await.unwrap();
    assert_ne!(stack.endpoints().owner_url, before.owner_url);
    assert_eq!(rows(stack.endpoints()).await, 1);
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn passwords_are_private_and_the_servers_run_as_no_root() {
    let folder = Folder::new();
    let stack = folder.start().await.unwrap();
    let endpoints = stack.endpoints();
    let mode = |name: &str| endpoints.data_dir.join(name).metadata().unwrap().mode() & 0o777;
    assert_eq!(
        (mode("secrets.json"), mode("nats/nats.conf"), mode("postgres"), mode("logs")),
        (0o600, 0o600, 0o700, 0o700)
    );
    for pid in [endpoints.postgres_pid, endpoints.nats_pid] {
        assert_ne!(std::fs::metadata(format!("/proc/{pid}")).unwrap().uid(), 0);
    }
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn the_application_is_no_superuser_and_is_a_writer() {
    let folder = Folder::new();
    let stack = folder.start().await.unwrap();
    let roles = "select count(*) from pg_roles where rolname = current_user and not rolsuper \
                 and pg_has_role(current_user, 'goalstream_writer', 'member')";
    assert_eq!(number(&stack.endpoints().database_url, roles).await, 1);
    let durable = "select count(*) from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes') and setting = 'on'";
    assert_eq!(number(&stack.endpoints().database_url, durable).await, 3);
    let wrong = stack.endpoints().database_url.replace("goalstream:", "goalstream:wrong");
    assert!(execute(&wrong, "select 1").await.is_err(), "a wrong password must not be let in");
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_reader_of_the_bus_can_read_it_and_nothing_else() {
    /// A refused request has no answer.
    const REFUSAL: Duration = Duration::from_secs(1);
    let folder = Folder::new();
    let stack = folder.start().await.unwrap();
    let endpoints = stack.endpoints();
    keep_message(endpoints).await;
    let reader = connect_nats_at(&endpoints.nats_reader_url).await.unwrap();
    let jetstream = ContextBuilder::new().timeout(REFUSAL).ack_timeout(REFUSAL).build(reader.clone());
    let kept = jetstream.get_stream("KEPT").await.unwrap();
    let consumer = kept.create_consumer(pull::Config { durable_name: Some("mine".into()), ..Default::default() });
    let message = consumer.await.unwrap().messages().await.unwrap().next().await.unwrap().unwrap();
    message.ack().await.unwrap();
    assert_eq!(&message.payload[..], b"x");

    assert!(jetstream.publish("kept", "forged".into()).await.unwrap().await.is_err());
    reader.publish("kept", "forged".into()).await.unwrap();
    assert!(kept.purge().await.is_err());
    assert!(jetstream.delete_stream("KEPT").await.is_err());
    assert_eq!(keep_message(endpoints).await, 2, "nothing of the reader's came between");
    stack.stop().await.unwrap();
}
