//! Subscriptions in tasks, and the proof that each saw everything once.

use std::sync::{Arc, Mutex};

use domain::Recorded;
use event_bus::{Bus, Source, Subscription, SubscriptionError};
use event_store::Log;
use tokio::{sync::watch, task::JoinHandle};

use crate::world::{all_events, eventually};

/// Events a page, small so that there are many pages.
const PAGE_EVENTS: usize = 64;

pub(crate) struct Reader {
    after: u64,
    seen: Arc<Mutex<Vec<Arc<Recorded>>>>,
    progress: watch::Receiver<(u64, Source)>,
    task: JoinHandle<SubscriptionError>,
}

impl Reader {
    pub(crate) fn start(log: &Log, bus: Option<&Bus>, after: u64) -> Self {
        let mut subscription = Subscription::from(log.clone(), bus.cloned(), after);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (sender, progress) = watch::channel((after, Source::Log));
        let kept = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            loop {
                match subscription.next_page(PAGE_EVENTS).await {
                    Ok(page) => kept.lock().unwrap().extend(page),
                    Err(error) => return error,
                }
                sender.send_replace((subscription.position(), subscription.source()));
            }
        });
        Self { after, seen, progress, task }
    }

    pub(crate) async fn reaches(&mut self, position: u64) -> anyhow::Result<Source> {
        let reached = self.progress.wait_for(|(now, _)| *now >= position);
        Ok(eventually(&format!("a reader reaches {position}"), reached).await??.1)
    }

    /// The error that ended it.
    pub(crate) async fn ends(mut self) -> anyhow::Result<SubscriptionError> {
        Ok(eventually("a reader ends", &mut self.task).await??)
    }

    /// It saw what the log has behind its start: each event once, in order.
    pub(crate) async fn assert_saw_all(mut self, log: &Log) -> anyhow::Result<()> {
        let events = all_events(log).await?;
        self.reaches(events.len() as u64).await?;
        let seen = self.seen.lock().unwrap();
        let positions: Vec<u64> = seen.iter().map(|event| event.position).collect();
        assert_eq!(positions, (self.after + 1..=events.len() as u64).collect::<Vec<_>>(), "positions");
        for (seen, event) in seen.iter().zip(events.iter().skip(self.after as usize)) {
            assert_eq!(**seen, *event);
        }
        Ok(())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.task.abort();
    }
}
