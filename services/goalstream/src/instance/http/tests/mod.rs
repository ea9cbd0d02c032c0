//! Clients of every kind, over real sockets, with bounds that are short enough to be met.

use std::{future::pending, io::ErrorKind, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::ConnectInfo,
    http::{HeaderMap, header::HOST},
    routing::get,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{Bounds, Listeners, Tls, serve};

mod tls;

/// What nobody should have to wait for.
const PATIENCE: Duration = Duration::from_secs(20);
/// A bound that is met in a test, and one that is not.
const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(60);

const BOUNDS: Bounds =
    Bounds { connections_max: 100, reserve_max: 2, first_request: LONG, rest: LONG, body: LONG, large_bodies_max: 1 };

struct Server {
    address: SocketAddr,
    stopping: CancellationToken,
    /// Somebody asked for what takes a while.
    asked: Arc<Notify>,
    serving: JoinHandle<()>,
}

impl Server {
    async fn start(bounds: Bounds) -> Self {
        Self::behind(bounds, None).await
    }

    /// Speaks TLS as well; clients then know that address.
    async fn behind(bounds: Bounds, tls: Option<Tls>) -> Self {
        let asked = Arc::<Notify>::default();
        let asking = Arc::clone(&asked);
        let slow = async move || {
            asking.notify_one();
            sleep(SHORT).await;
        };
        let router = Router::new()
            .route("/echo", get(|body: String| async { body }).post(|body: String| async { body }))
            .route("/peer", get(|peer: ConnectInfo<SocketAddr>| async move { peer.0.to_string() }))
            .route("/host", get(|headers: HeaderMap| async move { headers[HOST].to_str().unwrap().to_owned() }))
            .route("/slow", get(slow))
            .route("/never", get(pending::<()>))
            .route("/livez", get(|| async { "alive" }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut listeners = Listeners { plain: listener, tls: None };
        if let Some(tls) = tls {
            listeners.tls = Some((TcpListener::bind("127.0.0.1:0").await.unwrap(), Arc::new(tls)));
        }
        let (plain, tls) = listeners.addresses().unwrap();
        let (address, stopping) = (tls.unwrap_or(plain), CancellationToken::new());
        let serving = tokio::spawn(serve(listeners, router, bounds, stopping.clone()));
        Self { address, stopping, asked, serving }
    }

    /// A client that has said this.
    async fn client(&self, said: &str) -> TcpStream {
        let mut client = TcpStream::connect(self.address).await.unwrap();
        client.write_all(said.as_bytes()).await.unwrap();
        client
    }

    /// Everything the server says to this until it closes the connection.
    async fn told(&self, said: &str) -> String {
        rest(&mut self.client(said).await).await
    }
}

/// What comes until the connection is closed.
async fn rest(client: &mut TcpStream) -> String {
    let mut told = Vec::new();
    match timeout(PATIENCE, client.read_to_end(&mut told)).await.expect("the server closes the connection") {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8(told).unwrap(),
    }
}

/// One answer with a body of this length, on a connection that stays open.
async fn answer(client: &mut TcpStream, body: &str) {
    let (mut told, mut buffer) = (String::new(), [0; 1024]);
    while !told.ends_with(&format!("\r\n\r\n{body}")) {
        let bytes = timeout(PATIENCE, client.read(&mut buffer)).await.unwrap().unwrap();
        assert!(bytes > 0, "closed after {told}");
        told += std::str::from_utf8(&buffer[..bytes]).unwrap();
    }
    assert!(told.starts_with("HTTP/1.1 200 OK\r\n"), "{told}");
}

#[tokio::test]
async fn who_says_nothing_or_never_ends_the_first_request_is_let_go() {
    let server = Server::start(Bounds { first_request: SHORT, ..BOUNDS }).await;
    for said in ["", "GET /echo HTTP/1.1\r\nhost: x\r\nx-slow: "] {
        let begun = Instant::now();
        assert_eq!(server.told(said).await, "");
        assert!(begun.elapsed() >= SHORT, "not before its time");
    }
    // The answer may take longer than the question.
    let mut waiting = server.client("GET /never HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(timeout(SHORT * 3, waiting.read_u8()).await.is_err(), "still connected");
}

#[tokio::test]
async fn one_who_trickles_gets_no_more_time_for_it() {
    let server = Server::start(Bounds { first_request: SHORT, ..BOUNDS }).await;
    let mut slow = server.client("GET /echo HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    let trickling = async {
        while slow.write_all(b"a").await.is_ok() {
            sleep(SHORT / 10).await;
        }
    };
    timeout(PATIENCE, trickling).await.expect("the server closes the connection");
}

#[tokio::test]
async fn a_connection_that_rests_too_long_is_closed() {
    let server = Server::start(Bounds { rest: SHORT, ..BOUNDS }).await;
    let mut client = server.client("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await;
    answer(&mut client, "alive").await;
    client.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    answer(&mut client, "alive").await;
    client.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
    assert_eq!(rest(&mut client).await, "");
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_told_so() {
    let server = Server::start(Bounds { body: SHORT, ..BOUNDS }).await;
    let told = server.told("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf").await;
    assert!(told.starts_with("HTTP/1.1 408 "), "{told}");
    assert!(told.contains("\"code\":\"REQUEST_TIMEOUT\""), "{told}");
    // One that came may be worked on for longer.
    let mut waiting = server.client("GET /never HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nhere").await;
    assert!(timeout(SHORT * 3, waiting.read_u8()).await.is_err(), "still connected");
}

#[tokio::test]
async fn large_bodies_come_one_after_the_other_and_small_ones_pass_them() {
    let server = Server::start(BOUNDS).await;
    let large = "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100000\r\n\r\n";
    let mut first = server.client(large).await;
    first.write_all(&[b'1'; 99_999]).await.unwrap();
    let mut second = server.client(large).await;
    second.write_all(&[b'2'; 100_000]).await.unwrap();
    let small = "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 4\r\n\r\nhere";
    assert!(server.told(small).await.ends_with("\r\n\r\nhere"));
    assert!(timeout(SHORT, second.read_u8()).await.is_err(), "it waits for its turn");
    first.write_all(b"1").await.unwrap();
    assert!(rest(&mut first).await.ends_with(&"1".repeat(100_000)));
    assert!(rest(&mut second).await.ends_with(&"2".repeat(100_000)));
}

#[tokio::test]
async fn one_too_many_is_sent_away_and_health_is_told_all_the_same() {
    let server = Server::start(Bounds { connections_max: 2, ..BOUNDS }).await;
    let mut seated = Vec::new();
    for _ in 0..2 {
        let mut client = server.client("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await;
        answer(&mut client, "alive").await;
        seated.push(client);
    }
    let refused = server.told("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("\r\nretry-after: 2\r\n"), "{refused}");
    assert!(refused.contains("\"message\":\"too many clients are connected\""), "{refused}");
    let alive = server.told("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(alive.starts_with("HTTP/1.1 200 ") && alive.contains("\r\nconnection: close\r\n"), "{alive}");

    // With the reserve taken as well, nobody waits for what does not come.
    let _holding = [server.client("").await, server.client("").await];
    assert_eq!(server.told("").await, "");

    seated.pop();
    let free = async {
        while !server
            .told("GET /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 200 ")
        {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, free).await.expect("the place of one who left is free");
}

#[tokio::test]
async fn the_router_knows_who_asks() {
    let server = Server::start(BOUNDS).await;
    let mut client = server.client("GET /peer HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    let own = client.local_addr().unwrap().to_string();
    assert!(rest(&mut client).await.ends_with(&own));
}

#[tokio::test]
async fn at_the_end_what_was_asked_is_answered_and_who_rests_is_let_go() {
    let server = Server::start(BOUNDS).await;
    let mut resting = server.client("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await;
    answer(&mut resting, "alive").await;
    let mut silent = server.client("").await;
    let mut asking = server.client("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.asked.notified().await;
    server.stopping.cancel();
    assert!(rest(&mut asking).await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!((rest(&mut resting).await, rest(&mut silent).await), (String::new(), String::new()));
    timeout(PATIENCE, server.serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
}
