//! What a node knows of the log's head without asking.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// Hands a node's known head to its readers, each over a channel of its own.
///
/// In production they share one. Its receivers are woken in an order that the runtime draws by lot, which no seed of ours reaches; with
/// one receiver a channel there is nothing to draw.
#[derive(Clone, Default)]
pub(crate) struct Announcer(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    head: u64,
    readers: Vec<watch::Sender<u64>>,
}

impl Announcer {
    pub(crate) fn announce(&self, head: u64) {
        let mut state = self.state();
        state.head = head;
        state.readers.retain(|reader| !reader.is_closed());
        for reader in &state.readers {
            reader.send_replace(head);
        }
    }

    pub(crate) fn reader(&self) -> watch::Receiver<u64> {
        let mut state = self.state();
        let (sender, receiver) = watch::channel(state.head);
        state.readers.push(sender);
        receiver
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
