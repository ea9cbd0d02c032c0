//! A stdio door in front of an instance in another process: here another task, reached over HTTP all the same.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::Result;
use mcp::{Behind, Bridge, Discover, Door, DoorConfig, Identity};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};

use crate::world::{World, answer, call, legacy, modern, over_stdio, refusal};

/// An instance that can be stopped and started elsewhere.
pub(crate) struct Instance {
    serving: JoinHandle<()>,
    pub(crate) url: String,
}

impl Instance {
    pub(crate) async fn start(door: &Door) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}{}", listener.local_addr()?, mcp::PATH);
        let service = door.http_service().into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move {
            let _ends_with_the_test = axum::serve(listener, service).await;
        });
        Ok(Self { serving, url })
    }

    pub(crate) async fn stop(self) {
        self.serving.abort();
        let _aborted = self.serving.await;
    }
}

/// Answers what the test last put there, and counts how often it was asked.
#[derive(Clone, Default)]
pub(crate) struct Whereabouts {
    url: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
}

impl Whereabouts {
    pub(crate) fn leading_to(url: &str) -> Self {
        let whereabouts = Self::default();
        whereabouts.moved_to(Some(url));
        whereabouts
    }

    pub(crate) fn moved_to(&self, url: Option<&str>) {
        *self.url.lock().expect("nobody panics while holding it") = url.map(str::to_owned);
    }

    fn discover(&self) -> Discover {
        let this = self.clone();
        Arc::new(move || {
            this.asked.fetch_add(1, Ordering::Relaxed);
            let found = this
                .url
                .lock()
                .expect("nobody panics while holding it")
                .clone()
                .ok_or_else(|| "no instance runs, and none could be started".to_owned());
            Box::pin(async move { found })
        })
    }

    pub(crate) fn door(&self, config: DoorConfig) -> Result<Door> {
        let bridge = Bridge::new(self.discover())?;
        Ok(Door::new(watch::channel(Behind::Daemon(bridge)).1, config))
    }
}

/// Who made a goal, as somebody else reads it.
async fn maker(door: &Door, made: &Value) -> Result<Value> {
    let client = over_stdio(door, modern()).await?;
    let question = json!({ "ids": [made["goal"]], "include": ["history"], "min_position": made["position"] });
    let got = answer(call(&client, "get", question).await?);
    Ok(got["goals"][0]["history"][0]["actor"].clone())
}

#[tokio::test]
async fn answers_and_refusals_come_back_as_they_are() -> Result<()> {
    let world = World::start().await?;
    let instance = Instance::start(&world.door()).await?;
    let whereabouts = Whereabouts::leading_to(&instance.url);
    let door = whereabouts.door(DoorConfig::default())?;
    for era in [modern(), legacy()] {
        let client = over_stdio(&door, era).await?;
        let made = answer(call(&client, "create_goal", json!({ "title": "Bridged" })).await?);
        let found = answer(call(&client, "find", json!({ "goal": made["goal"] })).await?);
        assert_eq!(found["rows"][0]["id"], made["goal"], "it reads its own writes");
        let refused = refusal(call(&client, "create_goal", json!({ "titel": "x" })).await?);
        assert_eq!(refused["hint"], "did you mean title?");
        assert_eq!(maker(&world.door(), &made).await?, "door-test", "the real client is named");
    }
    assert_eq!(whereabouts.asked.load(Ordering::Relaxed), 1, "an instance that answers is not looked for again");
    Ok(())
}

#[tokio::test]
async fn a_configured_identity_beats_the_clients_name_on_the_other_side_too() -> Result<()> {
    let world = World::start().await?;
    let instance = Instance::start(&world.door()).await?;
    let whereabouts = Whereabouts::leading_to(&instance.url);
    let identity: Identity = serde_json::from_value(json!({ "id": "ada", "kind": "human" }))?;
    let door = whereabouts.door(DoorConfig { identity: Some(identity), ..DoorConfig::default() })?;
    let client = over_stdio(&door, modern()).await?;
    let made = answer(call(&client, "create_goal", json!({ "title": "Mine" })).await?);
    assert_eq!(maker(&world.door(), &made).await?, "ada");
    Ok(())
}

#[tokio::test]
async fn an_instance_that_was_restarted_elsewhere_is_found_again() -> Result<()> {
    let world = World::start().await?;
    let first = Instance::start(&world.door()).await?;
    let whereabouts = Whereabouts::default();
    whereabouts.moved_to(Some(&first.url));
    let door = whereabouts.door(DoorConfig::default())?;
    let client = over_stdio(&door, modern()).await?;
    answer(call(&client, "create_goal", json!({ "title": "Before" })).await?);

    first.stop().await;
    whereabouts.moved_to(None);
    let refused = refusal(call(&client, "find", json!({})).await?);
    assert_eq!(refused["code"], "UNAVAILABLE", "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("none could be started"));

    let second = Instance::start(&world.door()).await?;
    whereabouts.moved_to(Some(&second.url));
    let found = answer(call(&client, "find", json!({})).await?);
    assert_eq!(found["rows"][0]["title"], "Before");
    Ok(())
}

/// An instance that takes every request and dies before it answers. Counts them.
async fn start_dying() -> Result<(String, Arc<AtomicUsize>)> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}{}", listener.local_addr()?, mcp::PATH);
    let taken = Arc::new(AtomicUsize::new(0));
    let counting = taken.clone();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let read = tokio::io::AsyncReadExt::read(&mut connection, &mut request).await;
            counting.fetch_add(usize::from(read.is_ok_and(|bytes| bytes > 0)), Ordering::Relaxed);
        }
    });
    Ok((url, taken))
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_only_repeated_under_a_request_id() -> Result<()> {
    let cases = [
        (json!({ "title": "x" }), 1),
        (json!({ "title": "x", "request_id": null }), 1),
        (json!({ "title": "x", "request_id": "r" }), 4),
    ];
    for (arguments, deliveries) in cases {
        let (url, taken) = start_dying().await?;
        let whereabouts = Whereabouts::default();
        whereabouts.moved_to(Some(&url));
        let client = over_stdio(&whereabouts.door(DoorConfig::default())?, modern()).await?;
        let refused = refusal(call(&client, "create_goal", arguments).await?);
        assert_eq!(refused["code"], "UNAVAILABLE", "{refused}");
        assert_eq!(taken.load(Ordering::Relaxed), deliveries, "{refused}");
    }
    Ok(())
}
