//! Bringing the schema up to date, as its owner.

use std::collections::BTreeMap;

use sqlx::{ConnectOptions, Connection, PgConnection, migrate::Migrator};
use uuid::Uuid;

use crate::{
    StoreError,
    config::ANSWER_TIMEOUT,
    connection::{self, within},
    retry::{Failure, classify, retry},
    row::from_bigint,
};

/// The numbered files of `/migrations`, built into the program.
static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// Applies what is missing. Several at once take turns (an advisory lock), so every node may call it when it starts, also as a role that
/// may do nothing but see that nothing is missing.
///
/// # Errors
/// When the database cannot be reached or the role may not create what the log needs.
pub async fn migrate(owner_url: &str) -> Result<(), StoreError> {
    let mut owner = connect(owner_url).await?;
    let is_there = |applied: &Applied| {
        MIGRATIONS.iter().all(|ours| applied.0.get(&ours.version).is_some_and(|sum| **sum == *ours.checksum))
    };
    // What this cannot see, the migrations will.
    if !Applied::look(&mut owner).await.is_ok_and(|applied| applied.is_some_and(|applied| is_there(&applied))) {
        MIGRATIONS.run(&mut owner).await?;
    }
    close(owner).await
}

/// The checksums of what was applied, by version.
pub(crate) struct Applied(BTreeMap<i64, Vec<u8>>);

impl Applied {
    /// `None` where this cannot be seen: there is nothing yet, the role may not look, as before the seventh, or the owner has its tables in a
    /// schema of its own.
    pub(crate) async fn look(connection: &mut PgConnection) -> Result<Option<Self>, sqlx::Error> {
        let sql = "SELECT version, checksum FROM public._sqlx_migrations WHERE success";
        match sqlx::query_as(sql).fetch_all(connection).await {
            Ok(applied) => Ok(Some(Self(applied.into_iter().collect()))),
            Err(error) if classify(&error) == Failure::Other => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "whether the schema is current cannot be seen"
                );
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Versions that this program needs. What a newer one has added is no hindrance.
    pub(crate) fn missing(&self) -> Vec<i64> {
        MIGRATIONS.iter().map(|ours| ours.version).filter(|version| !self.0.contains_key(version)).collect()
    }
}

/// Whether both addresses lead to the same database: a lock that the owner takes is seen, or not, by the role that works. One that may not
/// connect yet is given the benefit of the doubt.
///
/// # Errors
/// When the owner cannot connect.
pub async fn is_one_database(owner_url: &str, app_url: &str) -> Result<bool, StoreError> {
    let what = "compare the owner's database with that of the role that works";
    let refused = |source| StoreError::Refused { what, source };
    let app = async { connection::options(app_url, "migrate")?.connect().await };
    let Ok(mut app) = within(ANSWER_TIMEOUT, app).await else { return Ok(true) };
    let mut owner = connect(owner_url).await?;
    // Nobody else has it: it is new.
    let key = i64::from_be_bytes(Uuid::new_v4().into_bytes()[..8].try_into().unwrap_or_default()) & i64::MAX;
    let mut holding = owner.begin().await.map_err(refused)?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(key);
    lock.execute(&mut *holding).await.map_err(refused)?;
    let sql = "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objsubid = 1
                  AND (l.classid::bigint << 32 | l.objid::bigint) = $1)";
    let is_seen = sqlx::query_scalar(sql).bind(key).fetch_one(&mut app).await.map_err(refused)?;
    holding.rollback().await.map_err(refused)?;
    for connection in [owner, app] {
        close(connection).await?;
    }
    Ok(is_seen)
}

/// How many connections of Goalstream there are to the database besides this one.
///
/// # Errors
/// When the database cannot be reached.
pub async fn connections_of_others(owner_url: &str) -> Result<u64, StoreError> {
    let what = "count the connections";
    let mut owner = connect(owner_url).await?;
    let sql = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name LIKE 'goalstream %' AND pid <> pg_backend_pid()";
    let others: Result<i64, _> = sqlx::query_scalar(sql).fetch_one(&mut owner).await;
    let others = others.map_err(|source| StoreError::Refused { what, source })?;
    close(owner).await?;
    Ok(from_bigint(others))
}

/// Declares the log to be another one than before. Part of recovering from a restored backup: everything that knew the old
/// log (the bus, cursors, pages) starts anew. Only the owner may.
///
/// # Errors
/// When the database cannot be reached or the role is not the owner.
pub async fn renew_epoch(owner_url: &str) -> Result<Uuid, StoreError> {
    let what = "renew the log's epoch";
    let mut owner = connect(owner_url).await?;
    let epoch = sqlx::query_scalar("SELECT public.es_renew_epoch()").fetch_one(&mut owner).await;
    let epoch = epoch.map_err(|source| StoreError::Refused { what, source })?;
    close(owner).await?;
    Ok(epoch)
}

async fn connect(owner_url: &str) -> Result<PgConnection, StoreError> {
    retry("connect as the log's owner", || async { connection::options(owner_url, "migrate")?.connect().await }).await
}

async fn close(owner: PgConnection) -> Result<(), StoreError> {
    owner.close().await.map_err(|source| StoreError::Unavailable { what: "close the owner's connection", source })
}

/// A word for what the migrations make, for caches of migrated databases: another one after each change to them.
pub fn schema_key() -> String {
    let checksums = MIGRATIONS.iter().flat_map(|migration| migration.checksum.iter().copied());
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &checksums.collect::<Vec<u8>>()).simple().to_string()
}
