//! A client of the live stream that costs little: a socket, and bytes that are looked at no more than needed.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long whatever is waited for may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;
/// The beginning of the last frame is looked for in so many bytes from the end: frames are shorter.
const TAIL_BYTES: usize = 8 * 1024;
/// How the greeting ends: with the first empty line, and the chunk that it came in.
const GREETED: &[u8] = b"\n\n\r\n";

/// Follows the stream behind a position; what is greeted is connected.
pub(crate) async fn follow(url: &str, after: u64) -> anyhow::Result<TcpStream> {
    let host = url.trim_start_matches("http://");
    let mut socket = TcpStream::connect(host).await.context("connect")?;
    let request = format!("GET /events?after={after} HTTP/1.1\r\nhost: {host}\r\naccept: text/event-stream\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    read_until(&mut socket, GREETED).await.context("wait for the greeting")?;
    Ok(socket)
}

/// Reads until the bytes have come that only the last frame has; when the first ones came, and when these.
pub(crate) async fn read_until(socket: &mut TcpStream, last: &[u8]) -> anyhow::Result<(Instant, Instant)> {
    let mut buffer = vec![0; READ_BYTES];
    let (mut kept, mut first) = (0, None);
    loop {
        let read = timeout(PATIENCE, socket.read(&mut buffer[kept..])).await.context("wait for bytes")??;
        ensure!(read > 0, "the stream ended");
        let (arrived, filled) = (Instant::now(), kept + read);
        let first = *first.get_or_insert(arrived);
        let tail = &buffer[filled.saturating_sub(TAIL_BYTES)..filled];
        if tail.windows(last.len()).any(|bytes| bytes == last) {
            return Ok((first, arrived));
        }
        // They may come in two parts.
        kept = filled.min(last.len());
        buffer.copy_within(filled - kept..filled, 0);
    }
}
