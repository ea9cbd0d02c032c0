//! Bringing the schema up to date, as its owner.

use std::collections::BTreeMap;

use sqlx::{
    ConnectOptions, Connection, PgConnection,
    migrate::{Migration, Migrator},
};
use uuid::Uuid;

use crate::{
    StoreError, connection,
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
    let what = "see which migrations were applied";
    let missing = missing(&mut owner).await.map_err(|source| StoreError::Refused { what, source })?;
    if missing.is_none_or(|missing| !missing.is_empty()) {
        MIGRATIONS.run(&mut owner).await?;
    }
    close(owner).await
}

/// The numbers of migrations that the database lacks, or has in another form. `None` where this cannot be seen: there is nothing yet, or
/// the role may not look, as before the seventh. What a newer program has added is no hindrance.
pub(crate) async fn missing(connection: &mut PgConnection) -> Result<Option<Vec<i64>>, sqlx::Error> {
    let sql = "SELECT version, checksum FROM _sqlx_migrations WHERE success";
    let applied: BTreeMap<i64, Vec<u8>> = match sqlx::query_as(sql).fetch_all(connection).await {
        Ok(applied) => applied.into_iter().collect(),
        Err(error) if classify(&error) == Failure::Other => return Ok(None),
        Err(error) => return Err(error),
    };
    let lacks = |migration: &&Migration| applied.get(&migration.version).is_none_or(|sum| **sum != *migration.checksum);
    Ok(Some(MIGRATIONS.iter().filter(lacks).map(|migration| migration.version).collect()))
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
