//! A data directory for one test, and the few questions tests ask of the servers.

use std::path::PathBuf;

use local_stack::tools::{Places, Tools};
use local_stack::{Config, Endpoints, Stack, StackError};
use sqlx::{Connection, Executor, PgConnection};
use tokio::sync::OnceCell;

/// Removed with its servers' data at the end of the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(std::env::temp_dir().join(format!("goalstream-stack-{}", uuid::Uuid::new_v4().simple())))
    }

    pub(crate) fn config(&self) -> Config {
        Config::new(&self.0)
    }

    pub(crate) async fn start(&self) -> Result<Stack, StackError> {
        Stack::start(&self.config(), tools().await, &|_| ()).await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _absent = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) async fn tools() -> &'static Tools {
    static TOOLS: OnceCell<Tools> = OnceCell::const_new();
    let find = || async { Tools::find_or_install(&Places::from_environment(), &|_| ()).await.unwrap() };
    TOOLS.get_or_init(find).await
}

pub(crate) async fn execute(url: &str, statement: &str) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    connection.execute(statement).await?;
    connection.close().await
}

pub(crate) async fn number(url: &str, query: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let number = sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    number
}

pub(crate) async fn keep_row(endpoints: &Endpoints, row: i64) {
    execute(&endpoints.owner_url, "create table if not exists kept (n bigint)").await.unwrap();
    execute(&endpoints.owner_url, &format!("insert into kept values ({row})")).await.unwrap();
}

pub(crate) async fn rows(endpoints: &Endpoints) -> i64 {
    number(&endpoints.owner_url, "select count(*) from kept").await
}

/// The client leaves credentials in a URL unread, so they are taken out of it here.
pub(crate) async fn connect_nats(endpoints: &Endpoints) -> Result<async_nats::Client, async_nats::ConnectError> {
    connect_nats_at(&endpoints.nats_url).await
}

pub(crate) async fn connect_nats_at(url: &str) -> Result<async_nats::Client, async_nats::ConnectError> {
    let address: async_nats::ServerAddr = url.parse().unwrap();
    let (user, password) = (address.username().unwrap().to_owned(), address.password().unwrap().to_owned());
    async_nats::ConnectOptions::with_user_and_password(user, password).connect(address).await
}

/// Publishes one acknowledged message to a file-backed stream and returns its sequence.
pub(crate) async fn keep_message(endpoints: &Endpoints) -> u64 {
    let client = connect_nats(endpoints).await.unwrap();
    let jetstream = async_nats::jetstream::new(client);
    let stream = async_nats::jetstream::stream::Config {
        name: "KEPT".into(),
        subjects: vec!["kept".into()],
        ..Default::default()
    };
    jetstream.get_or_create_stream(stream).await.unwrap();
    jetstream.publish("kept", "x".into()).await.unwrap().await.unwrap().sequence
}
