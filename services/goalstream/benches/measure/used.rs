//! A Postgres that has been in use.

use anyhow::Context;
use local_stack::Endpoints;
use sqlx::{Connection, Executor, PgConnection};

/// Files of Postgres' own log, of 16 MB each, that are ready: about what it writes from one checkpoint to the next with the
/// `max_wal_size` of the settings.
const WAL_FILES: u32 = 128;

/// Makes those files, and the checkpoint after which they are used again. A Postgres that is new has to fill each with zeros when it
/// comes to it, while everybody waits, here for 50 ms; one that has been in use takes old ones. With hundreds of megabytes a turn
/// that would be measured instead of what is.
pub(super) async fn make_used(endpoints: &Endpoints) -> anyhow::Result<()> {
    let fill = format!(
        "DO $$ BEGIN
            FOR file IN 1..{WAL_FILES} LOOP
                PERFORM pg_logical_emit_message(true, 'benchmark', ''), pg_switch_wal();
                COMMIT;
            END LOOP;
        END $$"
    );
    let mut owner = PgConnection::connect(&endpoints.owner_url).await?;
    owner.execute(fill.as_str()).await.context("make files of Postgres' log")?;
    owner.execute("CHECKPOINT").await.context("let them be used again")?;
    Ok(())
}
