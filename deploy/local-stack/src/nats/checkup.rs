//! Whether NATS says of itself that it can work, asked on its monitoring port.
//!
//! A server that could not write for want of room never writes to that stream again (2.15; 2.10 goes on by itself): it lives, answers, takes
//! no message, and says `write error: no space left on device` here. Only a start cures it, and only once there is room.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use nix::sys::statvfs::statvfs;
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// How often it is asked.
const INTERVAL: Duration = Duration::from_secs(2);
/// How long it may take to answer. No answer is no complaint: a busy server is not made quicker by a start.
const ANSWER_BOUND: Duration = Duration::from_secs(2);
/// How long it must have complained: a stream that is being recovered passes by itself.
const COMPLAINT_BOUND: Duration = Duration::from_secs(5);
/// Free space without which a start would change nothing, in bytes.
const ROOM_BYTES_MIN: u64 = 16 * 1024 * 1024;
/// The answer is a line; more is not read.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// What it has said so far.
#[derive(Debug, Default)]
pub(super) struct Checkup {
    asked_at: Option<Instant>,
    complains_since: Option<Instant>,
}

impl Checkup {
    /// What it has complained of for too long, if a start may cure it.
    pub(super) async fn complaint(&mut self, monitor: u16, store: &Path) -> Option<String> {
        let now = Instant::now();
        if self.asked_at.is_some_and(|at| now.duration_since(at) < INTERVAL) {
            return None;
        }
        self.asked_at = Some(now);
        let Some(complaint) = timeout(ANSWER_BOUND, ask(monitor)).await.ok().flatten() else {
            self.complains_since = None;
            return None;
        };
        let since = *self.complains_since.get_or_insert(now);
        (now.duration_since(since) >= COMPLAINT_BOUND && has_room(store)).then_some(complaint)
    }
}

#[derive(Deserialize)]
struct Health {
    error: String,
}

/// Its complaint; none when it is well or does not say.
async fn ask(monitor: u16) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, monitor)).await.ok()?;
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").await.ok()?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer).await.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let unavailable = head.split_whitespace().nth(1) == Some("503");
    let health: Health = serde_json::from_str(body).ok()?;
    unavailable.then_some(health.error)
}

#[expect(clippy::useless_conversion, reason = "the counts are narrower on other systems")]
fn has_room(store: &Path) -> bool {
    statvfs(store)
        .is_ok_and(|space| u64::from(space.blocks_available()) * u64::from(space.fragment_size()) >= ROOM_BYTES_MIN)
}
