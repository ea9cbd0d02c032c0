//! A way to a server that can be cut, slowed down, silenced and forsaken.

use std::{io, path::PathBuf, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

/// Bytes that are carried at once.
const PIECE_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    Clear,
    Slow(Duration),
    Silent,
}

pub(crate) struct Proxy {
    weather: watch::Sender<Weather>,
    cuts: watch::Sender<u64>,
    forsaken: watch::Sender<u64>,
    accepting: JoinHandle<()>,
}

/// What every connection looks at.
#[derive(Clone)]
struct Line {
    weather: watch::Receiver<Weather>,
    cuts: watch::Receiver<u64>,
    forsaken: watch::Receiver<u64>,
}

impl Proxy {
    /// Between two Unix sockets.
    pub(crate) fn of_socket(near: PathBuf, far: PathBuf) -> io::Result<Self> {
        let listener = UnixListener::bind(near)?;
        Ok(Self::start(|line| async move {
            while let Ok((client, _)) = listener.accept().await {
                let (line, far) = (line.clone(), far.clone());
                tokio::spawn(async move {
                    // A server that is away closes the door; so do we.
                    if let Ok(server) = UnixStream::connect(far).await {
                        line.carry(client, server).await;
                    }
                });
            }
        }))
    }

    /// Between a port of its own, which it tells, and another.
    pub(crate) async fn of_port(far: u16) -> io::Result<(Self, u16)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let near = listener.local_addr()?.port();
        let proxy = Self::start(|line| async move {
            while let Ok((client, _)) = listener.accept().await {
                let line = line.clone();
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(("127.0.0.1", far)).await {
                        line.carry(client, server).await;
                    }
                });
            }
        });
        Ok((proxy, near))
    }

    fn start<F: Future<Output = ()> + Send + 'static>(accept: impl FnOnce(Line) -> F) -> Self {
        let (weather, weather_seen) = watch::channel(Weather::Clear);
        let (cuts, cuts_seen) = watch::channel(0);
        let (forsaken, forsaken_seen) = watch::channel(0);
        let accepting = tokio::spawn(accept(Line { weather: weather_seen, cuts: cuts_seen, forsaken: forsaken_seen }));
        Self { weather, cuts, forsaken, accepting }
    }

    /// Ends all connections at once; new ones are let through.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Nothing comes through any connection there is, and neither side is told, as if a router had forgotten them; new ones are let through.
    pub(crate) fn forsake(&self) {
        self.forsaken.send_modify(|forsaken| *forsaken += 1);
    }

    pub(crate) async fn slow(&self, delay: Duration, lasting: Duration) {
        self.for_a_while(Weather::Slow(delay), lasting).await;
    }

    pub(crate) async fn silence(&self, lasting: Duration) {
        self.for_a_while(Weather::Silent, lasting).await;
    }

    async fn for_a_while(&self, weather: Weather, lasting: Duration) {
        self.weather.send_replace(weather);
        sleep(lasting).await;
        self.weather.send_replace(Weather::Clear);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

impl Line {
    /// Until one side ends it, or it is cut.
    async fn carry<S: AsyncRead + AsyncWrite>(mut self, client: S, server: S) {
        let (mut from_client, mut to_client) = split(client);
        let (mut from_server, mut to_server) = split(server);
        self.cuts.mark_unchanged();
        self.forsaken.mark_unchanged();
        let is_forsaken = tokio::select! {
            _ = self.cuts.changed() => false,
            forsaken = self.forsaken.changed() => forsaken.is_ok(),
            () = pump(self.weather.clone(), &mut from_client, &mut to_server) => false,
            () = pump(self.weather.clone(), &mut from_server, &mut to_client) => false,
        };
        if is_forsaken {
            // Until the client gives it up; what it says until then goes nowhere.
            let mut nowhere = tokio::io::sink();
            tokio::select! {
                _ = self.cuts.changed() => {}
                _ = tokio::io::copy(&mut from_client, &mut nowhere) => {}
            }
        }
    }
}

async fn pump(
    mut weather: watch::Receiver<Weather>,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
) {
    let mut piece = vec![0; PIECE_BYTES_MAX];
    loop {
        let Ok(length @ 1..) = from.read(&mut piece).await else { return };
        let now = *weather.borrow();
        if let Weather::Slow(delay) = now {
            sleep(delay).await;
        }
        if weather.wait_for(|now| *now != Weather::Silent).await.is_err()
            || to.write_all(&piece[..length]).await.is_err()
        {
            return;
        }
    }
}
