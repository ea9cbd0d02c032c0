//! One connection, from its first request to its last.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Response, header},
    response::IntoResponse,
};
use dashboard::Problem;
use hyper::{
    Request,
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_util::{either::Either, sync::CancellationToken};

use super::{Bounds, Shared, activity::Activity, body::Guarded, places::Place, tls::HTTP2};

/// A request's head, and what is kept of an answer that its client does not take, in bytes; in HTTP/2 also what may arrive before anybody
/// reads it.
const BUFFER_BYTES_MAX: u32 = 64 * 1024;
/// What a connection may ask at the same time, in HTTP/2: more than a browser does.
const STREAMS_MAX: u32 = 100;

/// How long a client may take nothing of what is sent to it until its connection is ended.
const STALL_BOUND: Duration = Duration::from_secs(60);

/// What a client is connected by. The state of TLS is large, and most have none.
pub(super) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Serves a connection until either side has had enough. When the server stops, what was asked is still answered.
pub(super) async fn serve(shared: Arc<Shared>, stream: Stream, peer: SocketAddr, place: &Place) {
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
    let is_http2 = speaks_http2(&stream);
    let stream = TokioIo::new(stream);
    if is_http2 {
        // Its state is large as well.
        let mut connection = Box::pin(http2().serve_connection(stream, service));
        last(connection.as_mut(), http2::Connection::graceful_shutdown, &activity, &bounds, &stopping).await;
    } else {
        let mut http1 = http1::Builder::new();
        http1.max_buf_size(BUFFER_BYTES_MAX as usize).keep_alive(!in_reserve);
        let connection = pin!(http1.serve_connection(stream, service).with_upgrades());
        last(connection, http1::UpgradeableConnection::graceful_shutdown, &activity, &bounds, &stopping).await;
    }
}

/// Lets a connection last as long as it may; `end` has it end in order.
async fn last<C: Future>(
    mut connection: Pin<&mut C>,
    end: fn(Pin<&mut C>),
    activity: &Activity,
    bounds: &Bounds,
    stopping: &CancellationToken,
) {
    tokio::select! {
        // How a client left is its own business.
        _ = connection.as_mut() => return,
        () = activity.quiet(bounds) => return,
        () = stopping.cancelled() => end(connection.as_mut()),
    }
    tokio::select! {
        _ = connection => {}
        () = activity.quiet(bounds) => {}
    }
}

/// As agreed on with TLS: who is in the reserve has one question, which HTTP/2 cannot say, and is not offered it.
fn speaks_http2(stream: &Stream) -> bool {
    match stream {
        Either::Left(_) => false,
        Either::Right(stream) => stream.get_ref().1.alpn_protocol() == Some(HTTP2),
    }
}

fn http2() -> http2::Builder<TokioExecutor> {
    let mut protocol = http2::Builder::new(TokioExecutor::new());
    protocol
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(BUFFER_BYTES_MAX)
        .initial_stream_window_size(BUFFER_BYTES_MAX)
        .initial_connection_window_size(BUFFER_BYTES_MAX)
        .max_send_buf_size(BUFFER_BYTES_MAX as usize);
    protocol
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
