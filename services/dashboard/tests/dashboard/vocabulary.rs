//! The coarse names of the first documents.

use dashboard::{
    Config,
    health::{Check, Finding},
};
use goal_agent::request::Complete;

use crate::{http::Stream, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn coarse_messages_carry_the_changed_row() -> anyhow::Result<()> {
    let world = World::with(Config::default(), vec![Check::spare("bus", || async { Finding::ok() })]).await?;
    let mut stream = Stream::open(world.address, "?after=0&vocabulary=coarse").await?;
    let status = stream.next().await?;
    assert_eq!((status.name.as_str(), status.id), ("server_status", None));
    assert_eq!(status.data["type"], "server_status");
    assert_eq!(status.data["data"]["status"], "ok");

    let (goal, tasks, _) = world.goal("Ship", 1).await?;
    let created = stream.next().await?;
    assert_eq!((created.name.as_str(), created.id), ("goal_created", Some(1)));
    assert_eq!(created.data["type"], "goal_created");
    assert_eq!(created.data["data"]["id"], goal);

    // The goal's progress moves with its tasks; only the second message completes the position.
    let (moved, added) = (stream.next().await?, stream.next().await?);
    assert_eq!((moved.name.as_str(), moved.id), ("goal_updated", None));
    assert_eq!((added.name.as_str(), added.id), ("task_updated", Some(2)));

    let request = Complete { id: tasks[0].to_string(), ..Complete::default() };
    let done = world.agent.complete(world.caller(), request).await?;
    let mut last = stream.next().await?;
    while last.id != Some(done.stored.position) {
        last = stream.next().await?;
    }
    assert_eq!((last.name.as_str(), &last.data["data"]["status"]), ("task_updated", &"completed".into()));
    Ok(())
}
