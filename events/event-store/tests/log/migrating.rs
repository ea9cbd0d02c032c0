//! The schema comes to stand on servers where we are nobody special, and twice makes no difference.

use local_stack::{Endpoints, testing::stack};
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

use crate::setting::{append, assert_sound, command, connect, database};

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_without_special_rights_can_migrate_and_write() {
    let endpoints = stack().await.unwrap();
    let mut admin = PgConnection::connect(&endpoints.owner_url).await.unwrap();
    let name = format!("test_{}_{}", std::process::id(), Uuid::new_v4().simple());
    admin.execute(format!("CREATE ROLE {name} LOGIN PASSWORD 'plain'").as_str()).await.unwrap();
    admin.execute(format!("CREATE DATABASE {name} OWNER {name}").as_str()).await.unwrap();
    let url = as_role(&Endpoints::with_database(&endpoints.owner_url, &name), &name);

    let migrations = (0..4).map(|_| event_store::migrate(&url));
    for migrated in futures::future::join_all(migrations).await {
        migrated.unwrap();
    }
    let log = connect(&url).await;
    append(&log, 1, 0, command(2)).await;
    assert_eq!(assert_sound(&log).await, 2);
    log.close().await;
    admin.execute(format!("DROP DATABASE {name} WITH (FORCE)").as_str()).await.unwrap();
    admin.execute(format!("DROP ROLE {name}").as_str()).await.unwrap();
}

/// The same server as another role.
fn as_role(url: &str, role: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (_, server) = rest.split_once('@').unwrap();
    format!("{scheme}://{role}:plain@{server}")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_log_has_an_epoch_of_its_own_and_keeps_it() {
    let database = database().await;
    let (one, two) = (connect(&database.app_url).await, connect(&database.app_url).await);
    assert_eq!(one.epoch(), two.epoch());
    event_store::migrate(&database.owner_url).await.unwrap();
    assert_eq!(one.head().await.unwrap().epoch, one.epoch());
}
