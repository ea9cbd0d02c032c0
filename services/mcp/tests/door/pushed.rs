//! Clients are told of what they watch once it can be read: in both eras, over every transport, and through the bridge.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rmcp::{
    ClientHandler, RoleClient,
    model::{
        ClientConfig, ReadResourceRequestParams, ResourceContents, ResourceUpdatedNotificationParam,
        ServerNotification, SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
    },
    service::{NotificationContext, RunningService},
};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    bridged::{Instance, Whereabouts},
    world::{
        Client, World, answer, call, describe, legacy, modern, over_http, over_http_as, over_stdio, over_stdio_as,
        serve,
    },
};

/// How long anything that is told may take in a test: slow machines are no failure, never being told is.
const PATIENCE: Duration = Duration::from_secs(30);
const LIST: &str = "the list";

/// A client of the older era, which hears without having asked in this moment.
struct Ears(mpsc::UnboundedSender<String>);

impl ClientHandler for Ears {
    fn get_info(&self) -> ClientConfig {
        describe()
    }

    async fn on_resource_updated(&self, told: ResourceUpdatedNotificationParam, _: NotificationContext<RoleClient>) {
        let _ = self.0.send(told.uri);
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        let _ = self.0.send(LIST.to_owned());
    }
}

/// Someone who watches some addresses, in whichever way.
enum Watcher {
    Modern(Box<rmcp::service::Subscription>, Client),
    Legacy(mpsc::UnboundedReceiver<String>, RunningService<RoleClient, Ears>),
}

impl Watcher {
    async fn modern(client: Client, addresses: &[&str]) -> Result<Self> {
        let filter = SubscriptionFilter::builder().resources_list_changed();
        let filter = filter.resource_subscriptions(addresses.iter().copied()).build();
        Ok(Self::Modern(Box::new(client.listen(filter).await?), client))
    }

    #[expect(deprecated, reason = "the older era has no other way")]
    async fn legacy(
        client: RunningService<RoleClient, Ears>,
        heard: mpsc::UnboundedReceiver<String>,
        addresses: &[&str],
    ) -> Result<Self> {
        for address in addresses {
            client.subscribe(SubscribeRequestParams::new(*address)).await?;
        }
        Ok(Self::Legacy(heard, client))
    }

    async fn next(&mut self) -> Result<String> {
        let told = async {
            match self {
                Self::Modern(subscription, _) => match subscription.next().await?.context("the stream ended")? {
                    ServerNotification::ResourceUpdatedNotification(told) => Ok(told.params.uri),
                    ServerNotification::ResourceListChangedNotification(_) => Ok(LIST.to_owned()),
                    other => anyhow::bail!("{other:?}"),
                },
                Self::Legacy(heard, _) => heard.recv().await.context("the client ended"),
            }
        };
        timeout(PATIENCE, told).await.context("never told")?
    }

    /// Waits until it is told of this address; others may be told before.
    async fn until(&mut self, address: &str) -> Result<()> {
        while self.next().await? != address {}
        Ok(())
    }

    async fn read(&self, address: &str) -> Result<Value> {
        let request = ReadResourceRequestParams::new(address);
        let read = match self {
            Self::Modern(_, client) => client.read_resource(request).await?,
            Self::Legacy(_, client) => client.read_resource(request).await?,
        };
        let ResourceContents::TextResourceContents { text, .. } = &read.contents[0] else { anyhow::bail!("no text") };
        Ok(serde_json::from_str(text)?)
    }
}

async fn ears<F: Future<Output = Result<RunningService<RoleClient, Ears>>>>(
    connect: impl FnOnce(Ears) -> F,
    addresses: &[&str],
) -> Result<Watcher> {
    let (sender, heard) = mpsc::unbounded_channel();
    Watcher::legacy(connect(Ears(sender)).await?, heard, addresses).await
}

/// Watchers by every way in; the first two values have to live as long as they.
async fn watchers(world: &World, addresses: &[&str]) -> Result<(Instance, Vec<(&'static str, Watcher)>)> {
    let door = world.telling_door();
    let address = serve(&door).await?;
    let instance = Instance::start(&door).await?;
    let bridged = Whereabouts::leading_to(&instance.url).door(mcp::DoorConfig::default())?;
    let watchers = vec![
        ("stdio", Watcher::modern(over_stdio(&door, modern()).await?, addresses).await?),
        ("HTTP", Watcher::modern(over_http(address, modern()).await?, addresses).await?),
        ("bridge", Watcher::modern(over_stdio(&bridged, modern()).await?, addresses).await?),
        ("stdio, legacy", ears(|ears| over_stdio_as(ears, &door, legacy()), addresses).await?),
        ("HTTP, legacy", ears(|ears| over_http_as(ears, address, legacy()), addresses).await?),
        ("bridge, legacy", ears(|ears| over_stdio_as(ears, &bridged, legacy()), addresses).await?),
    ];
    Ok((instance, watchers))
}

/// The only task of a new goal.
async fn planned(writer: &Client) -> Result<String> {
    let plan = json!({ "title": "Watched", "tasks": [{ "title": "first", "key": "a" }] });
    let made = answer(call(writer, "create_goal", plan).await?);
    Ok(made["ids"]["a"].as_str().context("no id")?.to_owned())
}

#[tokio::test]
async fn what_is_watched_is_told_and_what_is_then_read_is_new() -> Result<()> {
    let world = World::start().await?;
    let writer = over_stdio(&world.door(), modern()).await?;
    let task = planned(&writer).await?;
    let address = format!("goal://{task}");
    let (_instance, mut watchers) = watchers(&world, &[&address, "goal://board"]).await?;
    for round in 0..3 {
        let title = format!("round {round}");
        answer(call(&writer, "update", json!({ "ids": [task], "set": { "title": title } })).await?);
        for (way, watcher) in &mut watchers {
            loop {
                watcher.until(&address).await.with_context(|| format!("{way}, {title}"))?;
                // A bridge that has just begun says that everything changed; what was told late is read again.
                if watcher.read(&address).await?["tasks"][0]["title"] == json!(title) {
                    break;
                }
            }
        }
    }
    answer(call(&writer, "create_goal", json!({ "title": "Another" })).await?);
    for (way, watcher) in &mut watchers {
        watcher.until(LIST).await.with_context(|| format!("{way}: the list"))?;
    }
    Ok(())
}

#[tokio::test]
async fn the_end_of_a_lease_is_told_though_no_event_says_so() -> Result<()> {
    let world = World::start().await?;
    let writer = over_stdio(&world.door(), modern()).await?;
    let task = planned(&writer).await?;
    let address = format!("goal://{task}");
    let (_instance, mut watchers) = watchers(&world, &[&address]).await?;
    let claimed = answer(call(&writer, "claim", json!({ "id": task, "ttl": 2 })).await?);
    for (way, watcher) in &mut watchers {
        loop {
            watcher.until(&address).await.with_context(|| way.to_owned())?;
            let read = watcher.read(&address).await?;
            if read["tasks"][0]["ready"] == json!(true) && read["position"] == claimed["position"] {
                break;
            }
        }
    }
    Ok(())
}

/// A task is read with its parts, and with whether each can be begun.
#[tokio::test]
async fn who_watches_a_task_is_told_of_its_parts_and_of_what_they_wait_for() -> Result<()> {
    let world = World::start().await?;
    let door = world.telling_door();
    let writer = over_stdio(&door, modern()).await?;
    let plan = json!({ "title": "Watched", "tasks": [
        { "title": "whole", "key": "whole", "subtasks": [{ "title": "part", "key": "part", "after": ["first"] }] },
        { "title": "first", "key": "first" },
    ]});
    let made = answer(call(&writer, "create_goal", plan).await?);
    let id = |key: &str| made["ids"][key].as_str().unwrap().to_owned();
    let address = format!("goal://{}", id("whole"));
    let mut watcher = Watcher::modern(over_stdio(&door, modern()).await?, &[&address]).await?;
    for done in ["first", "part"] {
        answer(call(&writer, "complete", json!({ "id": id(done) })).await?);
        watcher.until(&address).await.with_context(|| done.to_owned())?;
    }
    let read = watcher.read(&address).await?;
    assert_eq!(read["tasks"][0]["subtasks"][0]["status"], "completed", "{read}");
    Ok(())
}

#[tokio::test]
async fn nobody_is_told_of_what_they_do_not_watch() -> Result<()> {
    let world = World::start().await?;
    let door = world.telling_door();
    let writer = over_stdio(&door, modern()).await?;
    let plan = json!({ "title": "Two", "tasks": [{ "title": "a", "key": "a" }, { "title": "b", "key": "b" }] });
    let made = answer(call(&writer, "create_goal", plan).await?);
    let (a, b) = (made["ids"]["a"].as_str().unwrap(), made["ids"]["b"].as_str().unwrap());
    let watched = format!("goal://{a}");
    let mut watchers = vec![
        Watcher::modern(over_stdio(&door, modern()).await?, &[&watched]).await?,
        ears(|ears| over_stdio_as(ears, &door, legacy()), &[&watched, "goal://board"]).await?,
    ];
    let Watcher::Legacy(_, client) = &watchers[1] else { unreachable!() };
    #[expect(deprecated, reason = "the older era has no other way")]
    client.unsubscribe(UnsubscribeRequestParams::new("goal://board")).await?;
    for task in [b, b, a] {
        answer(call(&writer, "comment", json!({ "id": task, "body": "x" })).await?);
    }
    for watcher in &mut watchers {
        assert_eq!(watcher.next().await?, watched, "and nothing before it");
    }
    Ok(())
}

#[tokio::test]
async fn what_can_never_be_there_is_not_watched() -> Result<()> {
    let world = World::start().await?;
    let door = world.telling_door();
    let client = over_stdio(&door, modern()).await?;
    let filter = SubscriptionFilter::builder().resource_subscriptions(["goal://board", "file:///etc/passwd"]).build();
    let subscription = client.listen(filter).await?;
    assert_eq!(subscription.acknowledged().resource_subscriptions.as_deref(), Some(&["goal://board".to_owned()][..]));
    let (sender, _heard) = mpsc::unbounded_channel();
    let older = over_stdio_as(Ears(sender), &door, legacy()).await?;
    #[expect(deprecated, reason = "the older era has no other way")]
    let refused = older.subscribe(SubscribeRequestParams::new("file:///etc/passwd")).await.unwrap_err();
    assert!(refused.to_string().contains("goal://board"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn an_instance_that_comes_back_goes_on_telling_through_the_bridge() -> Result<()> {
    let world = World::start().await?;
    let door = world.telling_door();
    let instance = Instance::start(&door).await?;
    let whereabouts = Whereabouts::leading_to(&instance.url);
    let bridged = whereabouts.door(mcp::DoorConfig::default())?;
    let mut watcher = Watcher::modern(over_stdio(&bridged, modern()).await?, &["goal://board"]).await?;
    let writer = over_stdio(&door, modern()).await?;
    answer(call(&writer, "create_goal", json!({ "title": "Before" })).await?);
    watcher.until(LIST).await?;
    instance.stop().await;
    let back = Instance::start(&door).await?;
    whereabouts.moved_to(Some(&back.url));
    // Told that everything changed when it is back, and then of each change again.
    let begun = Instant::now();
    let seen = loop {
        watcher.until("goal://board").await?;
        let board = watcher.read("goal://board").await?;
        if board["goals"].as_array().is_some_and(|goals| goals.len() == 2) {
            break board;
        }
        ensure!(begun.elapsed() < PATIENCE, "the board stays old");
        answer(call(&writer, "create_goal", json!({ "title": "After", "request_id": "after" })).await?);
    };
    assert_eq!(seen["goals"][0]["title"], "After");
    Ok(())
}
