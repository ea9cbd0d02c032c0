//! One kind of questions on its way through the rounds.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    filled::Filled,
    pace::{self, Pace},
    question::Question,
};
use crate::{door::Door, measure::Spread};

/// An answer says in so many bytes from its end whether it is a refusal.
const ENDING_BYTES: usize = 256;
const REFUSAL: &[u8] = b"\"isError\":true";

/// Asks the next question each time, of whoever is behind the door.
pub(crate) struct Asking {
    pub(crate) question: Question,
    door: Door,
    next: usize,
    /// To the first question.
    pub(crate) answer: Bytes,
    /// Times, round by round.
    pub(crate) rounds_ms: Vec<Spread>,
    /// Answers that only said why there is none.
    pub(crate) refused: usize,
}

impl Asking {
    /// Has the first ones answered, and looks whether the answer is one.
    pub(crate) async fn first(question: Question, door: Door, filled: &Filled) -> anyhow::Result<Self> {
        let first = question.arguments(0, filled);
        door.call(question.tool(), &first).await?;
        for number in 1..question.first_ones() {
            door.call(question.tool(), &question.arguments(number, filled)).await?;
        }
        let answer = door.ask(question.tool(), &first).await?;
        Ok(Self { question, door, next: question.first_ones().max(1), answer, rounds_ms: Vec::new(), refused: 0 })
    }

    /// The same questions at another door, which answers the same.
    pub(crate) fn at(&self, door: Door) -> Self {
        let Self { question, next, ref answer, .. } = *self;
        Self { question, door, next, answer: answer.clone(), rounds_ms: Vec::new(), refused: 0 }
    }

    pub(crate) async fn turn(&mut self, pace: Pace, filled: &Arc<Filled>) -> anyhow::Result<()> {
        let answers = pace::keep(pace, || {
            let (door, tool) = (self.door.clone(), self.question.tool());
            let arguments = self.question.arguments(self.next, filled);
            self.next += 1;
            async move { door.ask(tool, &arguments).await.map(|answer| is_refusal(&answer)) }
        });
        let answers = answers.await?;
        self.rounds_ms.push(Spread::of_times(answers.iter().map(|(time, _)| *time)));
        self.refused += answers.iter().filter(|(_, refused)| *refused).count();
        Ok(())
    }

    /// The median of a percentile over the rounds.
    pub(crate) fn median(&self, percentile: fn(&Spread) -> f64) -> f64 {
        Spread::of(self.rounds_ms.iter().map(percentile)).p50
    }
}

fn is_refusal(answer: &[u8]) -> bool {
    let ending = &answer[answer.len().saturating_sub(ENDING_BYTES)..];
    ending.windows(REFUSAL.len()).any(|bytes| bytes == REFUSAL)
}
