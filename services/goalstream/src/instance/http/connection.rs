//! One connection, from its first request to its last.

use std::{convert::Infallible, net::SocketAddr, pin::pin, time::Duration};

use axum::{
    extract::ConnectInfo,
    response::{IntoResponse, Response},
};
use dashboard::Problem;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpStream, sync::Notify, time::timeout};

use super::{Door, places::Place};

/// A request's head, and what is kept of an answer that its client does not take, in bytes.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

/// How long a client may take nothing of what is sent to it until its connection is ended.
const STALL_BOUND: Duration = Duration::from_secs(60);

/// Serves a connection until either side has had enough. When the server stops, what was asked is still answered.
pub(super) async fn serve(door: &Door, stream: TcpStream, peer: SocketAddr, place: &Place) {
    prepare(&stream);
    let heard = Notify::new();
    let service = service_fn(|request: Request<Incoming>| {
        heard.notify_one();
        async { Ok::<_, Infallible>(answer(door, request, peer, place).await) }
    });
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(door.bounds.rest).max_buf_size(BUFFER_BYTES_MAX);
    protocol.keep_alive(!place.in_reserve);
    let mut connection = pin!(protocol.serve_connection(TokioIo::new(stream), service).with_upgrades());
    tokio::select! {
        // How a client left is its own business.
        _ = connection.as_mut() => return,
        () = silence(&heard, door.bounds.first_request) => return,
        () = door.stopping.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection => {}
        () = silence(&heard, door.bounds.first_request) => {}
    }
}

/// Passes when nothing has been asked for too long, and otherwise never.
async fn silence(heard: &Notify, bound: Duration) {
    if timeout(bound, heard.notified()).await.is_ok() {
        // For whoever asks next.
        heard.notify_one();
        std::future::pending::<()>().await;
    }
}

async fn answer(door: &Door, mut request: Request<Incoming>, peer: SocketAddr, place: &Place) -> Response {
    if place.in_reserve && !dashboard::VITAL_PATHS.contains(&request.uri().path()) {
        return Problem::unavailable("too many clients are connected").into_response();
    }
    request.extensions_mut().insert(ConnectInfo(peer));
    door.bodies.answer(request, door.router.clone()).await
}

/// A frame must not wait for the acknowledgement of the one before it, and a client must not keep its place for ever without
/// reading. Settings that a system refuses are not worth refusing the client for.
fn prepare(connection: &TcpStream) {
    let _ = connection.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(connection).set_tcp_user_timeout(Some(STALL_BOUND));
}
