//! From the log to the bus, again and again from where the stream stands.

use std::{ops::RangeInclusive, sync::atomic::Ordering, time::Duration};

use event_bus::{BusError, ConnectionState, Divergence, PublishError, Publisher, Server, with_causes};
use event_store::{LogReader, StoreError};
use tokio::time::{Instant, sleep, sleep_until};

use crate::{ALARM_INTERVAL, LOOK_INTERVAL, RETRY_DELAY_MAX, RETRY_DELAY_MIN, Relay, RelayState, place::Place};

/// Why carrying stopped.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error("publish to the stream")]
    Publish(#[from] PublishError),
    #[error("find out where the stream stands")]
    Bus(#[from] BusError),
    #[error("read the log")]
    Log(#[from] StoreError),
    /// Something changed under us; the next round looks anew.
    #[error("{0}")]
    Changed(&'static str),
}

impl<L: LogReader, S: Server> Relay<L, S> {
    /// Never ends by itself.
    pub(crate) async fn carry_for_ever(&self) {
        let mut delay = RETRY_DELAY_MIN;
        loop {
            delay = self.carry_once(delay).await;
        }
    }

    /// Carries until something goes wrong, then waits until it is worth trying again; returns how long to wait the next time.
    pub(crate) async fn carry_once(&self, delay: Duration) -> Duration {
        let (carried, stopped) = self.carry().await;
        if let Some(divergence) = stopped.divergence() {
            self.disputed.store(divergence.position, Ordering::Relaxed);
        }
        if stopped.is_alarm() {
            self.raise(&stopped);
            sleep(ALARM_INTERVAL).await;
            return RETRY_DELAY_MIN;
        }
        let delay = if carried > 0 { RETRY_DELAY_MIN } else { delay };
        self.wait(&stopped, delay).await;
        (delay * 2).min(RETRY_DELAY_MAX)
    }

    /// Makes sure of the stream and carries events to it until something goes wrong; says how many the stream has taken.
    async fn carry(&self) -> (u64, Stopped) {
        let place = match self.agreed_place().await {
            Ok(place) => place,
            Err(stopped) => return (0, stopped),
        };
        let last = place.position();
        tracing::info!(last, "publishing from the stream's last sequence");
        let mut publisher = Publisher::new(self.bus.clone(), self.log.clone(), last);
        let mut counted = last;
        let Err(stopped) = self.pump(&mut publisher, place, &mut counted).await;
        count(&publisher, &mut counted);
        (counted - last, stopped)
    }

    /// Where the stream ends, if it agrees with the log there, and also where it did not before: a stranger's message stays wrong when
    /// later ones, already on their way, are stored on top of it.
    async fn agreed_place(&self) -> Result<Place, Stopped> {
        let incarnation = self.log.incarnation().await?;
        let last = self.bus.ensure_stream(&self.log).await?;
        let disputed = self.disputed.load(Ordering::Relaxed);
        if disputed > 0 {
            self.bus.agrees_at(&self.log, disputed).await?;
            self.disputed.store(0, Ordering::Relaxed);
        }
        Ok(Place::at(&self.log, last, incarnation).await?)
    }

    async fn pump(
        &self,
        publisher: &mut Publisher<L, S>,
        mut place: Place,
        counted: &mut u64,
    ) -> Result<std::convert::Infallible, Stopped> {
        let mut connection = self.bus.connection();
        let mut wakeups = self.log.wakeups();
        let epoch = self.log.epoch();
        let (begun_at, mut asked) = (publisher.acknowledged(), 0);
        let mut look_at = Instant::now() + LOOK_INTERVAL;
        loop {
            // Not one of the things to wait for below, or a busy log would put it off for ever.
            if Instant::now() >= look_at {
                asked = self.look_around(publisher.acknowledged()..=publisher.sent()).await?;
                if asked < place.position() {
                    return Err(Stopped::Changed("the log ends before what was read of it"));
                }
                look_at = Instant::now() + LOOK_INTERVAL;
            }
            let announced = asked.max(*wakeups.borrow_and_update());
            // A stream that takes nothing is not being published to, whatever it says of itself.
            if publisher.acknowledged() > begun_at || announced <= publisher.acknowledged() {
                self.is_now(RelayState::Publishing);
            }
            if self.log.epoch() != epoch {
                return Err(Stopped::Changed("the log has another epoch"));
            }
            if announced > place.position() {
                let page = place.read_on(&self.log).await?;
                let page = page.ok_or(Stopped::Changed("Postgres was restarted, or has another log"))?;
                // What was announced is not there: an older log, or a stranger's announcement. It is not asked for without a pause.
                if page.is_empty() {
                    sleep(RETRY_DELAY_MIN).await;
                }
                publisher.publish(&page).await?;
            } else {
                // Nothing to send, so there is time to collect acknowledgements, until there is something to send.
                tokio::select! {
                    biased;
                    _ = connection.changed() => return Err(Stopped::Changed("the connection to NATS changed")),
                    acknowledged = publisher.acknowledge_all(), if publisher.is_waiting() => acknowledged?,
                    changed = wakeups.changed() => changed.map_err(|_| Stopped::Changed("the log was closed"))?,
                    () = sleep_until(look_at) => {}
                }
            }
            count(publisher, counted);
        }
    }

    /// What no wake-up tells: the log's head, should its announcement have been lost, and a stream that others changed. It may end
    /// anywhere between what was acknowledged and what was sent.
    async fn look_around(&self, ours: RangeInclusive<u64>) -> Result<u64, Stopped> {
        if !ours.contains(&self.bus.stands_at().await?) {
            return Err(Stopped::Changed("the stream does not end where we left it"));
        }
        Ok(self.log.head().await?.position)
    }

    /// One alarm, however often it is found again.
    fn raise(&self, stopped: &Stopped) {
        let message = with_causes(stopped);
        let is_known =
            matches!(&*self.state.borrow(), RelayState::Alarm { message: known } if is_same(known, &message));
        let state = RelayState::Alarm { message: message.clone() };
        if !is_known {
            tracing::error!(alarm = message, "the relay has stopped");
            metrics::counter!("relay_alarms_total").increment(1);
        }
        self.is_now(state);
    }

    /// Until it is worth trying again: when NATS is back, else after the delay.
    async fn wait(&self, stopped: &Stopped, delay: Duration) {
        let mut connection = self.bus.connection();
        let connected = *connection.borrow() == ConnectionState::Connected;
        let reason = with_causes(stopped);
        tracing::info!(reason, connected, delay_ms = delay.as_millis(), "the relay looks anew where the stream stands");
        self.is_now(RelayState::Waiting { reason });
        sleep(delay).await;
        // The sender lives as long as the client does; were it gone, the next try would say why.
        let _ = connection.wait_for(|state| *state == ConnectionState::Connected).await;
    }
}

/// Whether two alarms say the same, whatever numbers they have by now: the log may grow meanwhile.
fn is_same(one: &str, other: &str) -> bool {
    let words = |alarm: &str| alarm.split(|letter: char| letter.is_ascii_digit()).collect::<String>();
    words(one) == words(other)
}

impl Stopped {
    fn divergence(&self) -> Option<&Divergence> {
        match self {
            Self::Publish(PublishError::Diverged(divergence) | PublishError::Bus(BusError::Diverged(divergence)))
            | Self::Bus(BusError::Diverged(divergence)) => Some(divergence),
            _ => None,
        }
    }

    /// Whether it will not pass by itself.
    fn is_alarm(&self) -> bool {
        let wrong_bus = |error: &BusError| match error {
            BusError::Diverged(_) | BusError::Misconfigured { .. } => true,
            BusError::Log(error) => wrong_log(error),
            _ => false,
        };
        match self {
            Self::Publish(PublishError::Bus(error)) | Self::Bus(error) => wrong_bus(error),
            Self::Publish(PublishError::OutOfStep { .. }) | Self::Changed(_) => false,
            Self::Publish(_) => true,
            Self::Log(error) => wrong_log(error),
        }
    }
}

fn wrong_log(error: &StoreError) -> bool {
    !matches!(error, StoreError::Unavailable { .. } | StoreError::Refused { .. })
}

/// Counts what was acknowledged since it was last counted.
fn count(publisher: &Publisher<impl LogReader, impl Server>, counted: &mut u64) {
    let acknowledged = publisher.acknowledged();
    metrics::counter!("relay_published_total").increment(acknowledged - *counted);
    *counted = acknowledged;
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_alarm_is_the_same_while_the_log_grows() {
        let alarm = |head: u64| format!("the stream has 12 where the log ends at {head}");
        assert!(super::is_same(&alarm(99), &alarm(100)));
        assert!(!super::is_same(&alarm(99), "the stream carries another history from 12 on"));
    }
}
