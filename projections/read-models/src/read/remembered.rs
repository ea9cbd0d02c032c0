//! What is remembered, if it would be answered again.

use std::hash::Hash;

use super::snapshot::{Answer, ReadAt};
use crate::{Views, cache::Answers, limits, reached::About, weight::Weight};

impl Views {
    /// An answer that any event may have changed.
    pub(crate) async fn remembered_of_all<V>(
        &self,
        answers: &Answers<String, V>,
        key: &String,
        read: &ReadAt,
    ) -> Option<V>
    where
        V: Weight + Clone + Send + Sync + 'static,
    {
        let _heard = self.wait_for(read.min_position, limits::WAIT_BOUND_DEFAULT).await;
        let answer = answers.get(key, read.now).filter(|answer| {
            let holds = self.inner.reached.holds_for_all(answer.generation, answer.position);
            holds.is_some_and(|position| position >= read.min_position)
        });
        answers.count(answer.is_some());
        answer.map(|answer| answer.value.clone())
    }

    /// An answer about several rows, made of what is remembered of each.
    ///
    /// All of them, in the order of their ids, or none: an answer is true for one position. `about` says whose events change a row.
    pub(crate) async fn remembered<Id, Row>(
        &self,
        answers: &Answers<Id, Row>,
        ids: &[Id],
        about: impl Fn(&Row) -> About + Send,
        read: &ReadAt,
    ) -> Option<Answer<Vec<Row>>>
    where
        Id: Copy + Ord + Hash + Send + Sync + 'static,
        Row: Weight + Clone + Send + Sync + 'static,
    {
        if read.as_of.is_some() {
            return None;
        }
        let _heard = self.wait_for(read.min_position, limits::WAIT_BOUND_DEFAULT).await;
        let mut sorted = ids.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let found: Option<Vec<_>> = sorted.iter().map(|id| answers.get(id, read.now)).collect();
        let found = found.filter(|found| !found.is_empty()).and_then(|found| {
            // As if all were as old as the oldest: nothing they speak of has changed since.
            let oldest = found.iter().map(|answer| answer.position).min()?;
            let generation = found.iter().map(|answer| answer.generation).min()?;
            let abouts = found.iter().map(|answer| about(&answer.value));
            let position = self.inner.reached.holds(generation, oldest, abouts)?;
            let value = found.iter().map(|answer| answer.value.clone()).collect();
            (position >= read.min_position).then(|| Answer { position, epoch: self.epoch(), value })
        });
        answers.count(found.is_some());
        found
    }
}
