//! Serving HTTP, also to more clients than there should be, to slow ones and to silent ones.
//!
//! Order: a connection takes a [place](Places), then its first request has to come soon, and each request's body; between two
//! requests it may rest for a while. When all places are taken, the next connection gets one of a small reserve: it may ask one question,
//! and only questions after the server's health are answered as always. Beyond the reserve it is closed unheard, because whoever
//! waits in line would not know that nobody comes.
//!
//! There are two listeners: a plain one, usually for this machine alone, and where the settings say so one that speaks TLS.
//!
//! Limits: [`Bounds`] has all of them, and [`descriptors`] how many connections the system allows.

mod places;

mod activity;
mod body;
mod connection;
mod tls;

pub(crate) mod descriptors;

#[cfg(test)]
mod tests;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, serve::Listener};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    task::{JoinError, JoinSet},
};
use tokio_util::{either::Either, sync::CancellationToken};

pub(crate) use self::tls::Tls;
use self::{
    body::Bodies,
    places::{Place, Places},
};
use crate::config::Settings;

/// What a client may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Connections at the same time.
    pub(crate) connections_max: usize,
    /// How many more are told that there are too many, or how the server is, at the same time.
    pub(crate) reserve_max: usize,
    /// How long a new connection may take to ask something.
    pub(crate) first_request: Duration,
    /// How long a connection may rest, and how long the head of a further request may take, together: longer than most clients keep one
    /// in store, so that it is they who close it.
    pub(crate) rest: Duration,
    /// How long a request's body may take to arrive.
    pub(crate) body: Duration,
    /// Bodies that are not small and arrive at the same time: each is held in memory until it is whole. More wait their turn.
    pub(crate) large_bodies_max: usize,
}

impl Bounds {
    /// The usual ones, for so many connections.
    pub(crate) fn of(connections_max: usize) -> Self {
        Self {
            connections_max,
            reserve_max: descriptors::RESERVE_CONNECTIONS,
            first_request: Duration::from_secs(10),
            rest: Duration::from_secs(100),
            body: Duration::from_secs(30),
            large_bodies_max: 32,
        }
    }
}

/// Clients that may wait to be accepted. One too many would try again only after a second.
const BACKLOG: u32 = 4_096;

/// Where clients come in.
pub(crate) struct Listeners {
    plain: TcpListener,
    tls: Option<(TcpListener, Arc<Tls>)>,
}

impl Listeners {
    /// Opens the listeners of these settings; `open` listens at an address, which a flag can change.
    pub(crate) fn open(
        settings: &Settings,
        open: impl Fn(SocketAddr, &str) -> anyhow::Result<TcpListener>,
    ) -> anyhow::Result<Self> {
        // Before anybody listens: a certificate that cannot be used opens nothing.
        let tls = settings.tls.as_ref().map(|files| anyhow::Ok((files.listen, Tls::read(files)?))).transpose()?;
        let plain = open(settings.door.listen, "--listen")?;
        let tls = tls.map(|(address, tls)| anyhow::Ok((open(address, "--tls-listen")?, Arc::new(tls)))).transpose()?;
        Ok(Self { plain, tls })
    }

    /// Where HTTP is spoken as it is, and where within TLS, if it is.
    pub(crate) fn addresses(&self) -> std::io::Result<(SocketAddr, Option<SocketAddr>)> {
        let tls = self.tls.as_ref().map(|(listener, _)| listener.local_addr());
        Ok((self.plain.local_addr()?, tls.transpose()?))
    }
}

/// Listens where it is asked to, port 0 being any that is free.
pub(crate) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A port that was ours a moment ago is not taken.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What all connections share.
struct Shared {
    router: Router,
    bounds: Bounds,
    bodies: Bodies,
    stopping: CancellationToken,
}

/// Serves until it is to stop and every connection has had its answer.
pub(crate) async fn serve(listeners: Listeners, router: Router, bounds: Bounds, stopping: CancellationToken) {
    let Listeners { mut plain, mut tls } = listeners;
    let mut places = Places::new(&bounds);
    let bodies = Bodies::new(&bounds);
    let shared = Arc::new(Shared { router, bounds, bodies, stopping: stopping.clone() });
    let mut connections = JoinSet::new();
    if let Some((_, tls)) = &tls {
        let (tls, stopping) = (Arc::clone(tls), stopping.clone());
        connections.spawn(async move { tls.renew(&stopping).await });
    }
    loop {
        let ((stream, peer), tls) = tokio::select! {
            accepted = Listener::accept(&mut plain) => (accepted, None),
            (accepted, tls) = accept(&mut tls) => (accepted, Some(tls)),
            Some(ended) = connections.join_next() => { look_at(ended); continue }
            () = stopping.cancelled() => break,
        };
        // One that gets no place at all is closed by being dropped here.
        if let Some(place) = places.take() {
            connections.spawn(one(Arc::clone(&shared), stream, peer, place, tls));
        }
    }
    drop((plain, tls));
    while let Some(ended) = connections.join_next().await {
        look_at(ended);
    }
}

/// The next one who wants to speak TLS, if that is spoken.
async fn accept(tls: &mut Option<(TcpListener, Arc<Tls>)>) -> ((TcpStream, SocketAddr), Arc<Tls>) {
    match tls {
        Some((listener, tls)) => (Listener::accept(listener).await, Arc::clone(tls)),
        None => std::future::pending().await,
    }
}

async fn one(shared: Arc<Shared>, stream: TcpStream, peer: SocketAddr, place: Place, tls: Option<Arc<Tls>>) {
    connection::prepare(&stream);
    let stream = match tls {
        None => Either::Left(stream),
        Some(tls) => {
            let agreeing = tls.accept(stream, place.in_reserve, shared.bounds.first_request);
            let Some(Some(stream)) = shared.stopping.run_until_cancelled(agreeing).await else { return };
            Either::Right(Box::new(stream))
        }
    };
    connection::serve(shared, stream, peer, &place).await;
    drop(place);
}

fn look_at(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(error = &error as &dyn std::error::Error, "a connection ended badly");
    }
}
