//! A consumer: brings every message behind a place, mostly once and in order.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_nats::Message;
use futures::Stream;
use tokio::{sync::mpsc, task::AbortHandle, time::sleep};

use super::{Link, Nats, broker::Behind, client::missed_heartbeats};
use crate::flaw::Flaw;

/// Messages that wait to be read.
const WINDOW: usize = 16;

type Item = Result<(u64, Message), async_nats::Error>;

/// What it brings; dropped, it ends.
pub(crate) struct Messages {
    inbox: mpsc::Receiver<Item>,
    task: AbortHandle,
}

impl Stream for Messages {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Item>> {
        self.inbox.poll_recv(context)
    }
}

impl Drop for Messages {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(super) fn start(nats: Nats, link: Arc<Link>, after: u64, boot: u64) -> Messages {
    let (sender, inbox) = mpsc::channel(WINDOW);
    let consumer = Consumer { nats, link, place: after, told: after, boot, sender };
    let task = tokio::spawn(consumer.run()).abort_handle();
    Messages { inbox, task }
}

struct Consumer {
    nats: Nats,
    link: Arc<Link>,
    /// The number of the last message it brought.
    place: u64,
    /// The number it gave that message.
    told: u64,
    boot: u64,
    sender: mpsc::Sender<Item>,
}

impl Consumer {
    /// Ends when nobody listens any more, or with an error that says why.
    async fn run(mut self) {
        let error = self.bring_all().await;
        // Who has gone is told in vain.
        let _ = self.sender.send(Err(error.into())).await;
    }

    async fn bring_all(&mut self) -> &'static str {
        let nats = self.nats.clone();
        let world = nats.world();
        loop {
            let changed = nats.changed().notified();
            match nats.behind(self.place, self.boot) {
                Behind::Gone if world.one_in(2) => return "the consumer was deleted",
                Behind::Gone => {
                    missed_heartbeats().await;
                    return "missed heartbeats";
                }
                Behind::Nothing => changed.await,
                Behind::Message(sequence, message) => {
                    self.link.until_up().await;
                    sleep(nats.silent_for()).await;
                    if world.one_in(4) {
                        world.moment().await;
                    }
                    self.bring(sequence, message).await;
                }
            }
        }
    }

    async fn bring(&mut self, sequence: u64, message: Message) {
        let world = self.nats.world();
        world.step("deliver", sequence);
        self.place = sequence;
        if world.fails(150) {
            // Left out.
            return;
        }
        if world.fails(50) {
            // Brought again later, with all that follows.
            self.place = sequence.saturating_sub(1 + world.below(4));
        }
        self.told = match sequence {
            _ if world.has(Flaw::SkipsAHole) => sequence.min(self.told + 1),
            _ if world.has(Flaw::TakesRepeats) => sequence.max(self.told + 1),
            _ => sequence,
        };
        // Nobody may listen any more; then the next message finds out.
        let _ = self.sender.send(Ok(numbered(self.told, message))).await;
    }
}

/// The message under a number; under a wrong one it says so itself, or its reader would see the difference.
fn numbered(told: u64, mut message: Message) -> (u64, Message) {
    message.headers.get_or_insert_default().insert("ce-sequence", format!("{told:020}"));
    (told, message)
}
