//! A database for one test, cloned from a migrated template in a few milliseconds.

use std::future::Future;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{TestResult, stack};
use crate::Endpoints;

/// Where we stand while making and dropping databases.
const MAINTENANCE: &str = "postgres";

/// How long one process may take to migrate a template while others wait for it.
const TEMPLATE_BOUND: &str = "set lock_timeout = '120s'";

/// Templates of older migrations that are kept beside the newest.
const TEMPLATES_KEPT: i32 = 16;

/// A database of the shared stack, dropped with this value. Those of killed processes are dropped by the next test run.
#[derive(Debug)]
pub struct TestDatabase {
    /// Its name: `test_<process>_<random>`.
    pub name: String,
    /// URL as the owner, a superuser.
    pub owner_url: String,
    /// URL as the unprivileged role the product uses.
    pub app_url: String,
    maintenance_url: String,
}

impl TestDatabase {
    /// Clones the template of this key; makes it first, with `migrate(owner_url)`, when no process has yet. The key says what
    /// the template holds, so it should change with the migrations: a hash of them.
    ///
    /// # Errors
    /// The stack does not start, `migrate` fails, or the server refuses.
    pub async fn create<F, Fut, E>(template_key: &str, migrate: F) -> TestResult<Self>
    where
        F: FnOnce(String) -> Fut,
        Fut: Future<Output = Result<(), E>>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let endpoints = stack().await?;
        let maintenance_url = Endpoints::with_database(&endpoints.owner_url, MAINTENANCE);
        sweep_once(&maintenance_url).await?;
        let template = format!("template_{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, template_key.as_bytes()).simple());
        make_template(&maintenance_url, &template, migrate).await?;

        let random = Uuid::new_v4().simple().to_string();
        let name = format!("test_{}_{}", std::process::id(), &random[..12]);
        let mut connection = PgConnection::connect(&maintenance_url).await?;
        connection.execute(format!("create database {name} template {template}").as_str()).await?;
        connection.close().await?;
        Ok(Self {
            owner_url: Endpoints::with_database(&endpoints.owner_url, &name),
            app_url: Endpoints::with_database(&endpoints.database_url, &name),
            name,
            maintenance_url,
        })
    }
}

impl Drop for TestDatabase {
    /// On a thread of its own, since a test's runtime may be ending; not waited for, since the next run sweeps.
    fn drop(&mut self) {
        let (url, name) = (self.maintenance_url.clone(), self.name.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let _swept_by_the_next_run = runtime.map(|runtime| runtime.block_on(drop_database(&url, &name)));
        });
    }
}

async fn drop_database(maintenance_url: &str, name: &str) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(maintenance_url).await?;
    connection.execute(format!("drop database if exists {name} with (force)").as_str()).await?;
    connection.close().await
}

/// Makes the template unless it exists. It counts as made only once marked as a template: what a killed process left half
/// migrated is dropped. One connection holds the advisory lock all the while, so it falls free with its process.
async fn make_template<F, Fut, E>(maintenance_url: &str, template: &str, migrate: F) -> TestResult<()>
where
    F: FnOnce(String) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut connection = PgConnection::connect(maintenance_url).await?;
    connection.execute(TEMPLATE_BOUND).await?;
    sqlx::query("select pg_advisory_lock(hashtextextended($1, 0))").bind(template).execute(&mut connection).await?;
    let made: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1 and datistemplate)")
        .bind(template)
        .fetch_one(&mut connection)
        .await?;
    if !made {
        connection.execute(format!("drop database if exists {template} with (force)").as_str()).await?;
        connection.execute(format!("create database {template}").as_str()).await?;
        migrate(Endpoints::with_database(maintenance_url, template)).await.map_err(Into::into)?;
        // Cloning is refused while anybody is connected, and a pool closes its connections when it likes.
        let closed = format!("alter database {template} with allow_connections false is_template true");
        connection.execute(closed.as_str()).await?;
        sqlx::query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1")
            .bind(template)
            .execute(&mut connection)
            .await?;
    }
    connection.close().await?;
    Ok(())
}

/// Once a process: drops the databases of dead processes and the templates of long gone migrations.
async fn sweep_once(maintenance_url: &str) -> TestResult<()> {
    static SWEPT: OnceCell<()> = OnceCell::const_new();
    SWEPT.get_or_try_init(|| sweep(maintenance_url)).await.copied()
}

async fn sweep(maintenance_url: &str) -> TestResult<()> {
    let mut connection = PgConnection::connect(maintenance_url).await?;
    let alone: bool = sqlx::query_scalar("select pg_try_advisory_lock(hashtextextended('sweep', 0))")
        .fetch_one(&mut connection)
        .await?;
    if alone {
        for name in abandoned(&mut connection).await? {
            if name.starts_with("template_") {
                connection.execute(format!("alter database {name} is_template false").as_str()).await?;
            }
            // A run that has just ended may still be dropping its own; whatever stays is swept by the next run.
            let _swept_by_the_next_run =
                connection.execute(format!("drop database if exists {name} with (force)").as_str()).await;
        }
    }
    connection.close().await?;
    Ok(())
}

async fn abandoned(connection: &mut PgConnection) -> TestResult<Vec<String>> {
    let tests: Vec<String> = sqlx::query_scalar(r"select datname::text from pg_database where datname like 'test\_%'")
        .fetch_all(&mut *connection)
        .await?;
    let old_templates: Vec<String> = sqlx::query_scalar(
        r"select datname::text from pg_database where datname like 'template\_%' and datistemplate order by oid desc offset $1",
    )
    .bind(TEMPLATES_KEPT)
    .fetch_all(&mut *connection)
    .await?;
    Ok(tests.into_iter().filter(|name| !maker_lives(name)).chain(old_templates).collect())
}

/// Whether the process in `test_<process>_<random>` exists.
fn maker_lives(name: &str) -> bool {
    let process = name.split('_').nth(1).and_then(|text| text.parse().ok());
    process.is_some_and(|process| kill(Pid::from_raw(process), None) != Err(Errno::ESRCH))
}
