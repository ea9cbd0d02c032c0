//! One connection, from its first request to its last.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Response, header},
    response::IntoResponse,
};
use dashboard::Problem;
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use super::{Shared, activity::Activity, body::Guarded, places::Place};

/// A request's head, and what is kept of an answer that its client does not take, in bytes; in HTTP/2 also what may arrive before anybody
/// reads it.
const BUFFER_BYTES_MAX: u32 = 64 * 1024;
/// What a connection may ask at the same time, in HTTP/2: more than a browser does.
const STREAMS_MAX: u32 = 100;

/// How long a client may take nothing of what is sent to it until its connection is ended.
const STALL_BOUND: Duration = Duration::from_secs(60);

/// Serves a connection until either side has had enough. When the server stops, what was asked is still answered.
///
/// HTTP/1.1 and HTTP/2 are told apart by what comes first. Browsers speak HTTP/2 only where TLS has offered it.
pub(super) async fn serve<S>(shared: Arc<Shared>, stream: S, peer: SocketAddr, place: &Place)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (bounds, stopping) = (shared.bounds, shared.stopping.clone());
    let (activity, in_reserve) = (Activity::new(), place.in_reserve);
    let asked = activity.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (shared, answering) = (Arc::clone(&shared), asked.begin());
        async move {
            let answer = answer(&shared, request, peer, in_reserve).await;
            Ok::<_, Infallible>(answer.map(|body| Guarded::new(body, answering)))
        }
    });
    let protocol = protocol(in_reserve);
    let mut connection = pin!(protocol.serve_connection_with_upgrades(TokioIo::new(stream), service));
    tokio::select! {
        // How a client left is its own business.
        _ = connection.as_mut() => return,
        () = activity.quiet(&bounds) => return,
        () = stopping.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection => {}
        () = activity.quiet(&bounds) => {}
    }
}

/// Who is in the reserve has one question, which HTTP/2 cannot say.
fn protocol(in_reserve: bool) -> auto::Builder<TokioExecutor> {
    let mut protocol = auto::Builder::new(TokioExecutor::new());
    protocol.http1().max_buf_size(BUFFER_BYTES_MAX as usize).keep_alive(!in_reserve);
    protocol
        .http2()
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(BUFFER_BYTES_MAX)
        .initial_stream_window_size(BUFFER_BYTES_MAX)
        .initial_connection_window_size(BUFFER_BYTES_MAX)
        .max_send_buf_size(BUFFER_BYTES_MAX as usize);
    if in_reserve { protocol.http1_only() } else { protocol }
}

async fn answer(shared: &Shared, mut request: Request<Incoming>, peer: SocketAddr, in_reserve: bool) -> Response<Body> {
    if in_reserve && !dashboard::VITAL_PATHS.contains(&request.uri().path()) {
        return Problem::unavailable("too many clients are connected").into_response();
    }
    name_host(&mut request);
    request.extensions_mut().insert(ConnectInfo(peer));
    shared.bodies.answer(request, shared.router.clone()).await
}

/// HTTP/2 has no `host`, by which everybody here goes, but the same in the address.
fn name_host(request: &mut Request<Incoming>) {
    if !request.headers().contains_key(header::HOST)
        && let Some(host) = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok())
    {
        request.headers_mut().insert(header::HOST, host);
    }
}

/// A frame must not wait for the acknowledgement of the one before it, and a client must not keep its place for ever without
/// reading. Settings that a system refuses are not worth refusing the client for.
pub(super) fn prepare(connection: &TcpStream) {
    let _ = connection.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(connection).set_tcp_user_timeout(Some(STALL_BOUND));
}
