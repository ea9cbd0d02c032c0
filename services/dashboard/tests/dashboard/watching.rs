//! The WebSocket: lines as `goalstream watch` prints them, resumed by position.

use anyhow::Context;
use dashboard::Config;
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

use crate::{
    http::Answer,
    world::{World, eventually},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn open(world: &World, query: &str) -> anyhow::Result<Socket> {
    Ok(connect_async(format!("ws://{}/watch{query}", world.address)).await?.0)
}

async fn line(socket: &mut Socket) -> anyhow::Result<Value> {
    let next = async {
        loop {
            match socket.next().await.context("the connection ended")?? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Ping(_) => {}
                other => anyhow::bail!("instead of a line came {other:?}"),
            }
        }
    };
    eventually("a line comes", next).await?
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_comes_once_from_where_a_client_was() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, _, head) = world.goal("Watched", 2).await?;
    let mut all = open(&world, "?since=0").await?;
    let mut some = open(&world, &format!("?since=1&goal={goal}&types=task_added,comment_added")).await?;
    let mut now = open(&world, "").await?;
    for position in 1..=head {
        assert_eq!(line(&mut all).await?["position"], position);
    }
    assert_eq!(line(&mut some).await?["position"], 2);
    assert_eq!(line(&mut some).await?["data"]["title"], "step 1");
    let (_, _, other) = world.goal("Another", 0).await?;
    let said = world.comment(&goal, "hello").await?;
    assert_eq!(
        (line(&mut all).await?["position"].clone(), line(&mut all).await?["position"].clone()),
        (json!(other), json!(said))
    );
    let last = line(&mut some).await?;
    assert_eq!(
        (&last["position"], &last["type"], &last["goal"]),
        (&json!(said), &json!("comment_added"), &json!(goal))
    );
    assert_eq!(line(&mut now).await?["position"], other, "without a position it begins now");

    drop(all);
    let mut again = open(&world, &format!("?since={other}")).await?;
    assert_eq!(line(&mut again).await?["position"], said);
    world.shutdown.cancel();
    let goodbye = eventually("it says goodbye", again.next()).await?.context("a message")??;
    assert!(matches!(&goodbye, Message::Close(Some(frame)) if frame.reason.contains("last position")), "{goodbye:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_questions_and_pages_of_others_are_refused_before_anything_is_shown() -> anyhow::Result<()> {
    let world = World::with(Config { allowed_hosts: Some(Vec::new()), ..Config::default() }, Vec::new()).await?;
    world.goal("Secret", 0).await?;
    for (query, said) in [
        ("?types=task_done", "there is no task_done"),
        ("?since=now", "since: must be a position"),
        ("?goal=7", "goal: must be a goal id"),
        ("?sinse=1", "did you mean since?"),
    ] {
        let answer = Answer::to(world.address, &format!("/watch{query}"), &[]).await?;
        assert_eq!(answer.status, 422, "{query}");
        let text = answer.text().await?;
        assert!(text.contains(said), "{query}: {text}");
    }
    assert_eq!(Answer::to(world.address, "/watch", &[]).await?.status, 426, "it is no page");
    for (origin, allowed) in [("http://localhost:5173", true), ("https://evil.example", false), ("null", false)] {
        let mut request = format!("ws://{}/watch?since=0", world.address).into_client_request()?;
        request.headers_mut().insert("origin", HeaderValue::from_static(origin));
        match connect_async(request).await {
            Ok(_) => assert!(allowed, "{origin}"),
            Err(Error::Http(refused)) => assert!(!allowed && refused.status() == 403, "{origin}: {refused:?}"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
