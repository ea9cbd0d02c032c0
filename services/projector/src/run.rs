//! The loop.

use std::{convert::Infallible, error::Error, time::Duration};

use event_bus::{Bus, Log, Subscription, SubscriptionError};
use read_models::{ApplyError, EventPage, ReadError, Views, limits::PAGE_EVENTS_MAX};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{health::Projection, metric, statistics::Statistics, trace};

/// First and longest wait before a database that failed is tried again.
const RETRY_DELAY_MIN: Duration = Duration::from_millis(100);
const RETRY_DELAY_MAX: Duration = Duration::from_secs(5);
/// How often tables that a rebuild replaced are looked for.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5 * 60);

/// Why a projection has stopped. Trying again would not help: somebody has to look.
#[derive(Debug, thiserror::Error)]
pub enum ProjectorError {
    /// An event cannot be projected.
    #[error("the projection has stopped: an event cannot be projected")]
    Poison(#[source] ApplyError),
    /// The log or the bus is not what it must be.
    #[error("the projection has stopped: the log cannot be followed")]
    Subscription(#[source] SubscriptionError),
    /// The views are not what they must be.
    #[error("the projection has stopped: the views cannot be read")]
    Views(#[source] ReadError),
}

/// Projects the log into the views.
pub struct Projector {
    log: Log,
    bus: Option<Bus>,
    views: Views,
    state: watch::Sender<Projection>,
}

/// Why following the log came to an end.
enum End {
    Cancelled,
    /// The views stand before the page: begin again from where they are. Pages may have been applied before.
    Behind {
        hole: ApplyError,
        applied: bool,
    },
    /// They stand before the last page that was applied.
    Lost,
}

impl Projector {
    /// A projector; without a bus it follows Postgres alone.
    pub fn new(log: Log, bus: Option<Bus>, views: Views) -> Self {
        Self { log, bus, views, state: watch::Sender::default() }
    }

    /// How it goes, for health checks.
    pub fn state(&self) -> watch::Receiver<Projection> {
        self.state.subscribe()
    }

    /// Projects until it is cancelled.
    ///
    /// # Errors
    /// When an event cannot be projected, or the log cannot be followed. It has then been logged, once, and [`Self::state`] tells it.
    pub async fn run(&self, cancellation: CancellationToken) -> Result<(), ProjectorError> {
        metric::stopped(false);
        let ended = tokio::select! {
            ended = self.follow_until(&cancellation) => ended,
            never = self.sweep_now_and_then() => match never {},
        };
        match &ended {
            Ok(()) => _ = self.state.send_replace(Projection::Ended),
            Err(error) => {
                metric::stopped(true);
                let whole = whole(error);
                tracing::error!(error = %whole, "the views fall behind until somebody has looked");
                self.state.send_replace(Projection::Stopped { error: whole });
            }
        }
        ended
    }

    /// Follows the log, anew from the checkpoint whenever that was found to lie behind: a database that crashed may have lost the
    /// views' last pages, which nobody waits to see on disk. A hole that shows again at once is one.
    async fn follow_until(&self, cancellation: &CancellationToken) -> Result<(), ProjectorError> {
        let mut hole_at = None;
        loop {
            let checkpoint = tokio::select! {
                () = cancellation.cancelled() => return Ok(()),
                checkpoint = self.asked(|| self.views.checkpoint()) => checkpoint?,
            };
            match self.follow(checkpoint, cancellation).await? {
                End::Cancelled => return Ok(()),
                End::Behind { hole, applied: false } if hole_at == Some(checkpoint) => {
                    return Err(ProjectorError::Poison(hole));
                }
                End::Behind { hole, .. } => {
                    tracing::warn!(error = %hole, checkpoint, "the views are not where they were; following again from there");
                    hole_at = Some(checkpoint);
                }
                End::Lost => {
                    tracing::warn!("the views have lost their last pages; following again from where they are");
                }
            }
        }
    }

    /// Again until the database answers.
    async fn asked<T, Asking>(&self, ask: impl Fn() -> Asking) -> Result<T, ProjectorError>
    where
        Asking: Future<Output = Result<T, ReadError>>,
    {
        let mut retry = Retry::new(&self.state);
        loop {
            match ask().await {
                Ok(answer) => return Ok(answer),
                Err(ReadError::Database(error)) => retry.wait(&error).await,
                Err(error) => return Err(ProjectorError::Views(error)),
            }
        }
    }

    async fn follow(&self, after: u64, cancellation: &CancellationToken) -> Result<End, ProjectorError> {
        let mut subscription = Subscription::from(self.log.clone(), self.bus.clone(), after);
        let (mut position, mut looks) = (after, self.views.looks());
        self.reached(after);
        let mut statistics = Statistics::default();
        loop {
            let page = tokio::select! {
                () = cancellation.cancelled() => return Ok(End::Cancelled),
                // Without another event nothing else would tell.
                lost = self.looked(&mut looks, position) => match lost? {
                    true => return Ok(End::Lost),
                    false => continue,
                },
                page = subscription.next_page(PAGE_EVENTS_MAX) => page,
            };
            let page = match page {
                Ok(page) => page,
                Err(SubscriptionError::Closed) => return Ok(End::Cancelled),
                Err(error) => return Err(ProjectorError::Subscription(error)),
            };
            let checkpoint = tokio::select! {
                () = cancellation.cancelled() => return Ok(End::Cancelled),
                applied = self.apply(&page) => match applied {
                    Ok(checkpoint) => checkpoint,
                    Err(hole @ ApplyError::Hole { .. }) => return Ok(End::Behind { hole, applied: position > after }),
                    Err(error) => return Err(ProjectorError::Poison(error)),
                },
            };
            position = checkpoint;
            self.reached(checkpoint);
            statistics.grown(&self.views, page.len());
        }
    }

    /// Whether the views have lost what they had, once the catalogue was read again.
    async fn looked(&self, looks: &mut watch::Receiver<u64>, position: u64) -> Result<bool, ProjectorError> {
        // The sender lives as long as the views do.
        let _ = looks.changed().await;
        let lost = self.asked(|| self.views.have_lost(position)).await?;
        // Asking may have told of tries.
        self.reached(position);
        Ok(lost)
    }

    /// The same page again until the database takes it. Applying it twice does no harm.
    async fn apply(&self, page: &EventPage) -> Result<u64, ApplyError> {
        let mut retry = Retry::new(&self.state);
        let _ended_when_applied = trace::spans(page);
        loop {
            let begun = Instant::now();
            match self.views.apply(page).await {
                Ok(applied) => {
                    metric::projected(applied.events, begun.elapsed());
                    return Ok(applied.checkpoint);
                }
                Err(error) if error.is_poison() => return Err(error),
                Err(error) => retry.wait(&error).await,
            }
        }
    }

    fn reached(&self, checkpoint: u64) {
        metric::lag(self.log.wakeups().borrow().saturating_sub(checkpoint));
        self.state.send_replace(Projection::Running { checkpoint });
    }

    /// Drops what a rebuild left; another time will do as well. Beside the loop, since whoever still reads these tables holds it up.
    async fn sweep_now_and_then(&self) -> Infallible {
        let mut sweep = interval(SWEEP_INTERVAL);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            sweep.tick().await;
            if let Err(error) = self.views.drop_retired().await {
                tracing::warn!(error = %whole(&error), "tables that were replaced could not be dropped yet");
            }
        }
    }
}

/// Waits longer each time, and says so.
struct Retry<'a> {
    state: &'a watch::Sender<Projection>,
    delay: Duration,
    attempts: u32,
}

impl<'a> Retry<'a> {
    fn new(state: &'a watch::Sender<Projection>) -> Self {
        Self { state, delay: RETRY_DELAY_MIN, attempts: 0 }
    }

    async fn wait(&mut self, error: &(dyn Error + Send + Sync)) {
        metric::failed();
        self.attempts += 1;
        let error = whole(error);
        if self.attempts == 1 {
            tracing::warn!(%error, "the views cannot be brought further; trying again");
        }
        self.state.send_replace(Projection::Retrying { attempts: self.attempts, error });
        sleep(self.delay).await;
        self.delay = (self.delay * 2).min(RETRY_DELAY_MAX);
    }
}

/// An error with all its causes.
fn whole(error: &dyn Error) -> String {
    let mut whole = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        whole.push_str(": ");
        whole.push_str(&error.to_string());
        cause = error.source();
    }
    whole
}
