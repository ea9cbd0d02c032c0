//! Group commit: whoever waits shares the next round trip.
//!
//! One task owns two dedicated connections. It takes what is waiting, up to the limits of a batch, and sends it as one call;
//! when nothing waits it waits for nothing but the next command. While a big batch commits, the next big one is already on the other
//! connection and waits at the head row.
//!
//! Order: first in, first out, except that a stream (and a command id) occurs once in a batch, and that a big stack may have to
//! wait for a batch with room: those come with the next, before everything newer.
//! A batch that was sent is carried to its end, whether or not its callers still listen.

mod batch;
mod call;
mod database;
mod delivery;
mod pace;
mod queue;

use std::{collections::VecDeque, sync::Arc};

use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::{sync::mpsc::UnboundedReceiver, task::JoinHandle};

pub(crate) use self::database::Postgres;
use self::{
    batch::Batch,
    delivery::{Delivered, Wire},
    pace::Pace,
};
pub use self::{batch::Submission, database::Database, queue::Queue};
use crate::{
    StoreConfig,
    config::{BATCH_COMMANDS_MAX, BATCHES_IN_FLIGHT_MAX, CHECKED_BATCH_COMMANDS_MAX, SECOND_BATCH_STACKS_MIN},
    wakeups::Known,
};

/// Starts the task. It ends when the queue is closed or gone, after everything in it was answered.
pub fn start<D: Database>(config: &StoreConfig, database: D, known: Arc<Known>) -> (Queue, JoinHandle<()>) {
    let (queue, waiting) = Queue::new(config);
    let batcher = Batcher {
        queue: queue.counters(),
        waiting,
        deferred: VecDeque::new(),
        idle: (0..BATCHES_IN_FLIGHT_MAX).map(|_| Wire::new(database.clone())).collect(),
        in_flight: FuturesUnordered::new(),
        pace: Pace::default(),
        known,
    };
    (queue, tokio::spawn(batcher.run()))
}

struct Batcher<D: Database> {
    queue: Arc<queue::Counters>,
    waiting: UnboundedReceiver<Submission>,
    /// Those that came while others were on their way, and those whose stream or command id was in the batch before already.
    deferred: VecDeque<Submission>,
    idle: Vec<Wire<D>>,
    in_flight: FuturesUnordered<BoxFuture<'static, Delivered<D>>>,
    pace: Pace,
    known: Arc<Known>,
}

impl<D: Database> Batcher<D> {
    async fn run(mut self) {
        let mut open = true;
        while open || !self.deferred.is_empty() || !self.in_flight.is_empty() {
            if self.is_worth_a_batch() {
                self.send().await;
                continue;
            }
            tokio::select! {
                biased;
                Some(delivered) = self.in_flight.next(), if !self.in_flight.is_empty() => self.settle(delivered),
                next = self.waiting.recv(), if open => match next {
                    Some(next) => self.deferred.push_back(next),
                    None => open = false,
                },
            }
        }
    }

    /// Whatever waits goes at once when nothing is on its way. Beside another batch only a big one goes: two half ones would cost
    /// two syncs and twice what a call costs.
    fn is_worth_a_batch(&self) -> bool {
        let stacks = self.deferred.len() + self.waiting.len();
        !self.idle.is_empty() && stacks >= if self.in_flight.is_empty() { 1 } else { SECOND_BATCH_STACKS_MIN }
    }

    async fn send(&mut self) {
        let Some(wire) = self.idle.pop() else { return };
        let checked = self.pace.checked();
        self.pace.gather(|| self.deferred.len() + self.waiting.len()).await;
        let batch = self.collect(if checked { CHECKED_BATCH_COMMANDS_MAX } else { BATCH_COMMANDS_MAX });
        if batch.is_empty() {
            self.idle.push(wire);
            return;
        }
        self.pace.sent(batch.commands());
        self.in_flight.push(Box::pin(delivery::deliver(wire, batch, checked, self.known.clone())));
    }

    /// What is waiting, until the batch is full. Callers who left before their stack was sent have taken it back.
    fn collect(&mut self, commands_max: usize) -> Batch {
        let mut batch = Batch::default();
        let deferred = std::mem::take(&mut self.deferred);
        let mut candidates = deferred.into_iter();
        while !batch.is_full(commands_max) {
            let Some(next) = candidates.next().or_else(|| self.waiting.try_recv().ok()) else { break };
            if next.is_abandoned() {
                self.queue.taken(&next);
            } else if batch.has_room_for(&next, commands_max) {
                self.queue.taken(&next);
                batch.push(next);
            } else {
                self.deferred.push_back(next);
            }
        }
        self.deferred.extend(candidates);
        batch
    }

    fn settle(&mut self, delivered: Delivered<D>) {
        self.pace.returned(delivered.fast_conflicted);
        self.queue.served(delivered.commands, delivered.took);
        self.idle.push(delivered.wire);
    }
}
