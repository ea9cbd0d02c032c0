//! A disk has no more room for a while. Afterwards whichever server did not survive that is started again as `goalstream up` does it.

use std::time::Duration;

use local_stack::Server;
use sqlx::Executor;
use tokio::time::{sleep, timeout};

use super::{
    patience::{CATCH_UP_BOUND, QUESTION_BOUND, until},
    world::World,
};

/// What is left of the room: less than a page of a table.
const ROOM_BYTES: u64 = 4 * 1024;
/// Files of the write-ahead log that Postgres may have ready at most.
const WAL_FILES_MAX: usize = 100;

/// `wal`: Postgres is made to use up what it has ready for its write-ahead log.
pub(crate) async fn fill(world: &World, server: Server, lasting: Duration, wal: bool) {
    world.stack.lock().await.disk(server).unwrap().fill(ROOM_BYTES).unwrap();
    if wal {
        use_up_the_wal(world).await;
    }
    sleep(lasting).await;
    world.stack.lock().await.disk(server).unwrap().free().unwrap();
    supervise_until_well(world).await;
}

/// Until there is no file for the next one, which Postgres does not survive.
async fn use_up_the_wal(world: &World) {
    let using_up = async {
        let mut connection = world.database().await?;
        for _ in 0..WAL_FILES_MAX {
            connection.execute("SELECT pg_logical_emit_message(false, 'chaos', 'x'); SELECT pg_switch_wal()").await?;
        }
        Ok::<_, sqlx::Error>(())
    };
    let _survived = timeout(QUESTION_BOUND, using_up).await;
}

async fn supervise_until_well(world: &World) {
    let mut stack = world.stack.lock().await;
    let well =
        until(CATCH_UP_BOUND, async || (world.database().await.is_ok() && bus_is_well(world).await).then_some(()));
    tokio::select! {
        never = stack.stack().supervise() => match never {},
        // If it is not, the round will tell.
        _ = well => {}
    }
}

async fn bus_is_well(world: &World) -> bool {
    let asking = reqwest::get(format!("{}/healthz", world.endpoints.nats_monitor_url));
    matches!(timeout(QUESTION_BOUND, asking).await, Ok(Ok(answer)) if answer.status().is_success())
}
