//! One trace from a tool call to the views, sent to a collector.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::instance::{Home, until};

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A collector that keeps what it is sent.
async fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, kept) = (format!("http://{}", listener.local_addr().unwrap()), Arc::<Mutex<Vec<u8>>>::default());
    let keeping = Arc::clone(&kept);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let request = request(&mut socket).await;
            keeping.lock().unwrap().extend(request);
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
        }
    });
    (url, kept)
}

/// One request with its body.
async fn request(socket: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    loop {
        let end = request.windows(4).position(|window| window == b"\r\n\r\n");
        let head = String::from_utf8_lossy(&request[..end.unwrap_or(0)]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        if end.zip(length).is_some_and(|(end, length)| request.len() >= end + 4 + length) {
            return request;
        }
        assert!(socket.read_buf(&mut request).await.unwrap() > 0, "a request that stops in its middle");
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn a_trace_goes_from_the_tool_call_to_the_views() {
    let (endpoint, kept) = collector().await;
    let home = Home::new();
    let up = home.up_with(&["--otlp-endpoint", &endpoint]).await;
    let trace = format!("00-{TRACE_ID}-00f067aa0ba902b7-01");
    let created = up.call_traced("create_goal", json!({ "title": "Traced" }), Some(&trace)).await;
    // A reader that asks for the position waits until the views have it.
    let goals = up.get(&format!("/api/v1/goals?min_position={}", created["position"])).await;
    assert_eq!(goals["goals"][0]["title"], "Traced", "{goals}");
    // The rest is sent when the process stops.
    assert_eq!(up.stop().await, Some(0));
    let id: Vec<u8> = (0..16).map(|at| u8::from_str_radix(&TRACE_ID[at * 2..at * 2 + 2], 16).unwrap()).collect();
    until("the spans have arrived", || {
        let kept = kept.lock().unwrap();
        let all = [&b"tools/call create_goal"[..], b"project", b"goal_created", &id];
        all.iter().all(|needle| contains(&kept, needle)).then_some(())
    })
    .await;
}
