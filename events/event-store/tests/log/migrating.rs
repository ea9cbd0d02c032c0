//! The schema comes to stand on servers where we are nobody special, and twice makes no difference.

use event_store::{Log, StoreConfig, StoreError};
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

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_log_it_is_said_why() {
    let working = stack().await.unwrap().database_url.clone();
    let (_, server) = working.split_once('@').unwrap();
    let cases = [
        (Endpoints::with_database(&working, "postgres"), true, "es_head"),
        (Endpoints::with_database(&working, "nowhere"), false, "\"nowhere\" does not exist"),
        (format!("postgres://goalstream_app:wrong@{server}"), false, "password authentication failed"),
        ("postgres://goalstream_app@127.0.0.1:1/goalstream".to_owned(), false, "refused"),
    ];
    for (url, unmigrated, words) in cases {
        let Err(error) = Log::connect(StoreConfig::new(&url)).await else { panic!("there is none at {url}") };
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(words) && error.lacks_the_schema() == unmigrated, "{url}: {error}: {source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_older_is_not_worked_with_and_one_that_is_current_needs_no_rights() {
    let database = database().await;
    let newest = "(SELECT max(version) FROM _sqlx_migrations)";
    let mut owner = PgConnection::connect(&database.owner_url).await.unwrap();
    // As a newer program would have left it.
    let newer = format!(
        "INSERT INTO _sqlx_migrations SELECT version + 1, '', now(), true, '', 0 FROM _sqlx_migrations WHERE version = {newest}"
    );
    owner.execute(newer.as_str()).await.unwrap();
    event_store::migrate(&database.app_url).await.unwrap();
    connect(&database.app_url).await.close().await;

    let ours = format!("version = {newest} - 1");
    owner
        .execute(format!("CREATE TEMP TABLE ours AS SELECT * FROM _sqlx_migrations WHERE {ours}").as_str())
        .await
        .unwrap();
    owner.execute(format!("DELETE FROM _sqlx_migrations WHERE {ours}").as_str()).await.unwrap();
    let Err(error) = Log::connect(StoreConfig::new(&database.app_url)).await else { panic!("it is older") };
    assert!(matches!(&error, StoreError::Outdated { missing } if missing.len() == 1), "{error}");
    assert!(error.lacks_the_schema());
    assert!(matches!(event_store::migrate(&database.app_url).await, Err(StoreError::Migrate(_))));

    owner.execute("INSERT INTO _sqlx_migrations SELECT * FROM ours").await.unwrap();
    owner.execute("UPDATE _sqlx_migrations SET checksum = 'another' WHERE version = 1").await.unwrap();
    assert!(matches!(event_store::migrate(&database.owner_url).await, Err(StoreError::Migrate(_))), "it was edited");
    connect(&database.app_url).await.close().await;
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

#[tokio::test(flavor = "multi_thread")]
async fn whether_owner_and_worker_speak_of_one_database_is_known() {
    let (one, other) = (database().await, database().await);
    assert!(event_store::is_one_database(&one.owner_url, &one.app_url).await.unwrap());
    assert!(!event_store::is_one_database(&one.owner_url, &other.app_url).await.unwrap());
    let unknown = Endpoints::with_database(&one.app_url, "nowhere");
    assert!(event_store::is_one_database(&one.owner_url, &unknown).await.unwrap(), "nobody can tell yet");
}
