//! A database with the migrations, and views on it.

use std::{path::Path, sync::Arc, time::Duration};

use domain::Recorded;
use local_stack::testing::TestDatabase;
use read_models::Views;
use sqlx::{Connection, PgConnection, PgPool, migrate::Migrator, postgres::PgPoolOptions};
use tokio::time::timeout;
use uuid::Uuid;

use crate::statements;

pub(crate) const EPOCH: Uuid = Uuid::from_u128(7);

/// For answers that ask nobody.
const ANSWER_BOUND: Duration = Duration::from_secs(10);

pub(crate) struct TestViews {
    pub(crate) database: TestDatabase,
    pub(crate) pool: PgPool,
    pub(crate) views: Views,
}

impl TestViews {
    pub(crate) async fn open() -> Self {
        statements::listen();
        let migrator = Migrator::new(Path::new("../../migrations")).await.unwrap();
        let key: Vec<String> = migrator.iter().map(|migration| format!("{:?}", migration.checksum)).collect();
        let database = TestDatabase::create(&key.concat(), |owner_url| async move {
            let pool = PgPool::connect(&owner_url).await?;
            migrator.run(&pool).await?;
            pool.close().await;
            Ok::<(), sqlx::migrate::MigrateError>(())
        })
        .await
        .unwrap();
        let pool = pool(&database).await;
        let views = Views::open(pool.clone(), EPOCH).await.unwrap();
        Self { database, pool, views }
    }

    /// Views with the whole history in them.
    pub(crate) async fn of(log: &[Arc<Recorded>]) -> Self {
        let test = Self::open().await;
        test.project(log).await;
        test
    }

    pub(crate) async fn project(&self, log: &[Arc<Recorded>]) {
        for page in log.chunks(500) {
            self.views.apply(page).await.unwrap();
        }
    }

    /// An answer for which no table of the events is read.
    pub(crate) async fn without_tables<T>(&self, asking: impl Future<Output = T>) -> T {
        let mut connection = PgConnection::connect(&self.database.app_url).await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        sqlx::query("LOCK TABLE read.positions__g1").execute(&mut *transaction).await.unwrap();
        timeout(ANSWER_BOUND, asking).await.expect("it waits for the tables")
    }

    /// The same database as another process sees it.
    pub(crate) async fn another_process(&self) -> Views {
        Views::open(pool(&self.database).await, EPOCH).await.unwrap()
    }
}

async fn pool(database: &TestDatabase) -> PgPool {
    // As in production, where only idle ones are tested.
    PgPoolOptions::new().max_connections(6).test_before_acquire(false).connect(&database.app_url).await.unwrap()
}

/// What a rebuild reads the log with.
pub(crate) fn reader(
    log: &[Arc<Recorded>],
) -> impl Fn(u64, usize) -> std::future::Ready<Result<Vec<Recorded>, std::io::Error>> + Send + Sync {
    move |after, limit| {
        let behind = log.iter().skip_while(move |recorded| recorded.position <= after);
        std::future::ready(Ok(behind.take(limit).map(|recorded| Recorded::clone(recorded)).collect()))
    }
}
