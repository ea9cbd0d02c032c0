//! Keeping the servers alive: whichever has ended, or says that it can no longer work, is started again, for ever.
//!
//! Nothing here ends the owner. A server may be unable to start for hours, because its disk is full or somebody keeps killing it, and what
//! is left of the whole is worth more than an end: without NATS only latency suffers, and without Postgres callers are told so.
//!
//! Order: each server has a loop of its own, so that one which takes long to start does not keep the other waiting. Limits: delays
//! between [`RESTART_DELAY_MIN`] and [`RESTART_DELAY_MAX`].

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::account::Account;
use crate::data_dir::DataDir;
use crate::{Server, StackError};

/// How often a server is looked at.
const WATCH_DELAY: Duration = Duration::from_millis(250);

/// First and longest wait before a server that has just been started is started again.
const RESTART_DELAY_MIN: Duration = Duration::from_millis(100);
const RESTART_DELAY_MAX: Duration = Duration::from_secs(10);
/// A server that worked for as long as this is started again at once: that is no oftener than one that never works.
const SETTLED_AFTER: Duration = RESTART_DELAY_MAX;

/// A server that can be looked at and started again.
pub(crate) trait Kept {
    const SERVER: Server;

    /// Why it must be started again; `None` when it need not.
    fn ailment(&mut self) -> impl Future<Output = Option<String>>;

    /// Starts it again at the same address, stopping it first if it lives.
    fn restart(&mut self, data_dir: &DataDir, account: &Account) -> impl Future<Output = Result<(), StackError>>;
}

/// Starts a server again whenever it ails.
pub(crate) async fn keep<S: Kept>(server: &mut S, data_dir: &DataDir, account: &Account) -> Infallible {
    let (mut delay, mut started_at) = (Duration::ZERO, Instant::now());
    loop {
        let reason = until_ailing(server).await;
        delay = delay_after(delay, started_at.elapsed());
        let delay_ms = delay.as_millis();
        tracing::warn!(server = %S::SERVER, reason, delay_ms, "a private server is started again");
        sleep(delay).await;
        if let Err(error) = server.restart(data_dir, account).await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(server = %S::SERVER, error, "a private server does not start; it is tried again");
        }
        started_at = Instant::now();
    }
}

async fn until_ailing(server: &mut impl Kept) -> String {
    loop {
        if let Some(reason) = server.ailment().await {
            return reason;
        }
        sleep(WATCH_DELAY).await;
    }
}

/// The wait before the next start, after a server that worked for so long since the last one.
fn delay_after(last: Duration, worked_for: Duration) -> Duration {
    match worked_for >= SETTLED_AFTER {
        true => Duration::ZERO,
        false => (last * 2).clamp(RESTART_DELAY_MIN, RESTART_DELAY_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_become_rarer_and_never_stop() {
        let mut delays = vec![delay_after(Duration::ZERO, Duration::ZERO)];
        for _ in 0..20 {
            delays.push(delay_after(delays[delays.len() - 1], Duration::from_secs(1)));
        }
        assert_eq!(delays[..3], [1, 2, 4].map(|times| RESTART_DELAY_MIN * times));
        assert_eq!(delays[20], RESTART_DELAY_MAX);
        assert_eq!(delay_after(RESTART_DELAY_MAX, SETTLED_AFTER), Duration::ZERO);
    }
}
