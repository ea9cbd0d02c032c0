//! A fixed number of questions a second, whatever the answers take: an open loop.

use std::{
    thread,
    time::{Duration, Instant},
};

use tokio::{sync::mpsc, task::JoinSet};

/// How many a second, for how long.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) a_second: u32,
    pub(crate) lasts: Duration,
}

/// Asks at that pace. The answers, and how long each took from the moment at which it was meant to be asked for: one that holds up the
/// questions behind it counts for those as well.
pub(crate) async fn keep<Answer, Answering>(
    pace: Pace,
    mut ask: impl FnMut() -> Answering,
) -> anyhow::Result<Vec<(Duration, Answer)>>
where
    Answer: Send + 'static,
    Answering: Future<Output = anyhow::Result<Answer>> + Send + 'static,
{
    let (mut moments, mut asked) = (moments(pace), JoinSet::new());
    while let Some(meant) = moments.recv().await {
        let answering = ask();
        asked.spawn(async move {
            let answer = answering.await?;
            anyhow::Ok((meant.elapsed(), answer))
        });
    }
    let mut answers = Vec::new();
    while let Some(answered) = asked.join_next().await {
        answers.push(answered??);
    }
    Ok(answers)
}

/// The moments as they come. A thread of its own, because the runtime's timer counts whole milliseconds.
fn moments(pace: Pace) -> mpsc::UnboundedReceiver<Instant> {
    let (sender, moments) = mpsc::unbounded_channel();
    thread::spawn(move || {
        let (begin, interval) = (Instant::now(), Duration::from_secs(1) / pace.a_second);
        let mut meant = begin;
        while meant < begin + pace.lasts {
            thread::sleep(meant.saturating_duration_since(Instant::now()));
            if sender.send(meant).is_err() {
                return;
            }
            meant += interval;
        }
    });
    moments
}
