//! A database for each test.

use std::sync::atomic::{AtomicUsize, Ordering};

use local_stack::testing::TestDatabase;

use crate::support::{execute, number};

#[tokio::test(flavor = "multi_thread")]
async fn tests_get_separate_databases_and_the_template_is_migrated_once() {
    static MIGRATIONS: AtomicUsize = AtomicUsize::new(0);
    let key = uuid::Uuid::new_v4().to_string();
    let create = || {
        TestDatabase::create(&key, |owner_url| async move {
            MIGRATIONS.fetch_add(1, Ordering::SeqCst);
            execute(&owner_url, "create table migrated (n bigint)").await?;
            execute(&owner_url, "grant insert, select on migrated to goalstream_writer").await
        })
    };
    let (first, second) = tokio::join!(create(), create());
    let (first, second) = (first.unwrap(), second.unwrap());
    execute(&first.app_url, "insert into migrated values (1)").await.unwrap();
    assert_eq!(number(&first.app_url, "select count(*) from migrated").await, 1);
    assert_eq!(number(&second.owner_url, "select count(*) from migrated").await, 0);
    assert_eq!(MIGRATIONS.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_migration_that_fails_is_tried_again() {
    let key = uuid::Uuid::new_v4().to_string();
    let failing = TestDatabase::create(&key, |owner_url| async move { execute(&owner_url, "create nonsense").await });
    assert!(failing.await.is_err());
    let fine =
        TestDatabase::create(&key, |owner_url| async move { execute(&owner_url, "create table t (n int)").await });
    assert_eq!(number(&fine.await.unwrap().owner_url, "select count(*) from t").await, 0);
}
