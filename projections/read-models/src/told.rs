//! What the events of the last pages changed, as the projecting process had it in memory: the live feed of the same process takes it from
//! here, and reads nothing back. It is kept for a feed that has asked before, and handed out once. Any of it may be missing, since the
//! tables have it all.

use std::collections::VecDeque;

use domain::TaskId;
use tokio::{sync::watch, time::timeout};

use crate::{
    Views,
    apply::Page,
    fold::{At, Fold, signed, unsigned},
    limits::{TOLD_BYTES_MAX, TOLD_EVENTS_MAX, TOLD_GRACE, TOLD_PAGE_EVENTS_MAX},
    read::records::{GoalRecord, TaskRecord},
    rows::{ChangedRows, GoalRow, TaskRow},
    views::{GOAL, TASK},
    weight::Weight,
};

/// Rows of consecutive positions that nobody has taken yet.
#[derive(Default)]
pub(crate) struct Told {
    is_wanted: bool,
    rows: VecDeque<ChangedRows>,
    bytes: usize,
    /// The last position that was kept.
    end: watch::Sender<u64>,
}

impl Views {
    /// What these positions changed, once the views have them, if this process has projected it and nobody has taken it.
    pub(crate) async fn take_told(&self, from: u64, to: u64) -> Option<Vec<ChangedRows>> {
        let mut end = self.told().end.subscribe();
        let is_due = (from..=to).contains(&(*end.borrow() + 1));
        if is_due {
            // That a page is stored is sometimes announced to everybody before its projector has the answer.
            let _kept = timeout(TOLD_GRACE, end.wait_for(|end| *end >= to)).await;
        }
        self.told().take(from, to)
    }
}

impl Told {
    /// Whether somebody waits for what this page changes.
    pub(crate) fn is_wanted_of(&self, page: &Page) -> bool {
        self.is_wanted && page.len() <= TOLD_PAGE_EVENTS_MAX
    }

    /// Adds what a stored page changed. What does not follow what is here takes its place, and the oldest make room.
    pub(crate) fn keep(&mut self, page: Vec<ChangedRows>) {
        let follows =
            self.rows.back().zip(page.first()).is_some_and(|(last, first)| last.position + 1 == first.position);
        if !follows {
            (self.rows, self.bytes) = Default::default();
        }
        if let Some(last) = page.last() {
            self.end.send_replace(last.position);
        }
        self.bytes += page.iter().map(Weight::weight).sum::<usize>();
        self.rows.extend(page);
        while self.rows.len() > TOLD_EVENTS_MAX || self.bytes > TOLD_BYTES_MAX {
            self.drop_first();
        }
    }

    /// Hands out what these positions changed, if all of it is here; nobody asks for what is older any more.
    pub(crate) fn take(&mut self, from: u64, to: u64) -> Option<Vec<ChangedRows>> {
        self.is_wanted = true;
        let is_whole = self.rows.front()?.position <= from && to <= self.rows.back()?.position;
        while self.rows.front().is_some_and(|rows| rows.position < from) {
            self.drop_first();
        }
        is_whole.then(|| (from..=to).filter_map(|_| self.drop_first()).collect())
    }

    fn drop_first(&mut self) -> Option<ChangedRows> {
        let rows = self.rows.pop_front()?;
        self.bytes -= rows.weight();
        Some(rows)
    }
}

impl Fold {
    /// Notes what an event changed, if that is wanted: first the rows that it takes to say so, and then what they say.
    pub(crate) fn tell(&mut self, at: &At, task: Option<TaskId>) {
        let Some(mut told) = self.telling.take() else { return };
        let task = task.map(|task| signed(task.0));
        match self.positions.noting {
            true => self.want_told(at.goal, task),
            false => match self.changed(at, task) {
                Ok(changed) => told.push(changed),
                // The feed will ask the tables, and tell what is wrong with them.
                Err(_) => return,
            },
        }
        self.telling = Some(told);
    }

    fn want_told(&mut self, goal: i64, task: Option<i64>) {
        self.goals.want((goal,));
        self.progress.want((goal,));
        self.search.want((GOAL.to_owned(), goal));
        if let Some(task) = task {
            self.tasks.want((task,));
            self.claims.want((task,));
            self.search.want((TASK.to_owned(), task));
        }
    }

    fn changed(&self, at: &At, task: Option<i64>) -> sqlx::Result<ChangedRows> {
        let goals = self.changed_goal(at).transpose()?.into_iter().collect();
        let tasks = task.and_then(|task| self.changed_task(at, task)).transpose()?.into_iter().collect();
        Ok(ChangedRows { position: unsigned(at.position), goals, tasks })
    }

    fn changed_goal(&self, at: &At) -> Option<sqlx::Result<GoalRow>> {
        let (goal, counts) = (self.goals.get(&(at.goal,))?, self.progress.get(&(at.goal,))?);
        let texts = self.search.get(&(GOAL.to_owned(), at.goal))?;
        let is_changed = goal.from_position == at.position || counts.from_position == at.position;
        is_changed.then(|| GoalRecord::of(goal, counts, texts).row())
    }

    fn changed_task(&self, at: &At, task: i64) -> Option<sqlx::Result<TaskRow>> {
        let texts = self.search.get(&(TASK.to_owned(), task))?;
        let task = self.tasks.get(&(task,)).filter(|task| task.from_position == at.position)?;
        let lease = self.claims.get(&(task.task,)).filter(|claim| claim.ends_at > at.time);
        Some(TaskRecord::of(task, lease, texts).row())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(positions: std::ops::RangeInclusive<u64>) -> Vec<ChangedRows> {
        positions.map(|position| ChangedRows { position, ..ChangedRows::default() }).collect()
    }

    fn positions(told: Option<Vec<ChangedRows>>) -> Option<Vec<u64>> {
        told.map(|rows| rows.iter().map(|rows| rows.position).collect())
    }

    #[test]
    fn what_follows_is_handed_out_once_and_whole() {
        let mut told = Told::default();
        assert!(!told.is_wanted_of(&Vec::new()), "nobody has asked");
        assert_eq!(positions(told.take(1, 2)), None);
        assert!(told.is_wanted_of(&Vec::new()));
        told.keep(page(5..=7));
        told.keep(page(8..=9));
        assert_eq!(positions(told.take(4, 6)), None, "the first is missing");
        assert_eq!(positions(told.take(6, 8)), Some(vec![6, 7, 8]));
        assert_eq!(positions(told.take(6, 8)), None, "they are gone");
        assert_eq!(positions(told.take(9, 10)), None, "the last is not here yet");
        told.keep(page(10..=10));
        assert_eq!(positions(told.take(9, 10)), Some(vec![9, 10]));
        assert_eq!(told.bytes, 0);
    }

    #[test]
    fn what_does_not_follow_takes_its_place() {
        let mut told = Told::default();
        told.keep(page(5..=7));
        told.keep(page(9..=9));
        assert_eq!(positions(told.take(5, 7)), None);
        assert_eq!(positions(told.take(9, 9)), Some(vec![9]));
        told.keep(page(3..=4));
        told.keep(Vec::new());
        assert_eq!((told.rows.len(), told.bytes), (0, 0), "a page that told nothing leaves a hole");
    }

    #[test]
    fn the_oldest_make_room() {
        let mut told = Told::default();
        let events = TOLD_EVENTS_MAX as u64;
        told.keep(page(1..=events));
        told.keep(page(events + 1..=events + 3));
        assert_eq!(told.rows.len(), TOLD_EVENTS_MAX);
        assert_eq!(positions(told.take(3, 4)), None);
        assert_eq!(positions(told.take(4, 5)), Some(vec![4, 5]));
    }
}
