//! What is asked, over and over, each time for something else.

use serde_json::{Value, json};

use super::filled::{Filled, TAGS, tag, words};

/// Tasks that are asked for again and again.
const KNOWN_TASKS: usize = 100;
/// Ids of one batch.
const BATCH_IDS: usize = 100;
/// Between two ids of a batch; a prime, so that batches hardly ever meet the same ones.
const BATCH_STEP: usize = 997;

/// A kind of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// `get` of a task that was read before.
    Known,
    /// `get` of a task that nobody has read yet.
    Unread,
    /// `find` by words, by a tag, and for what is ready in a goal, each in turn.
    Find,
    /// `find` of what is ready, which all who wait for work ask again and again, while some work is done.
    Waiting,
    /// `get` of a hundred tasks of as many goals.
    Batch,
}

impl Question {
    pub(crate) const ALL: [Self; 5] = [Self::Known, Self::Unread, Self::Find, Self::Waiting, Self::Batch];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Known => "get, cached",
            Self::Unread => "get, not cached",
            Self::Find => "find",
            Self::Waiting => "find, by those who wait",
            Self::Batch => "get of 100",
        }
    }

    pub(crate) fn tool(self) -> &'static str {
        if matches!(self, Self::Find | Self::Waiting) { "find" } else { "get" }
    }

    /// The question of this number. Known ones repeat, unread ones begin behind the known and never come again.
    pub(crate) fn arguments(self, number: usize, filled: &Filled) -> Value {
        let task = |place: usize| &filled.tasks[place % filled.tasks.len()];
        match self {
            Self::Known => json!({ "ids": [task(number % KNOWN_TASKS)] }),
            Self::Unread => json!({ "ids": [task(KNOWN_TASKS + number)] }),
            Self::Find => match number % 3 {
                0 => json!({ "q": words(number / 3) }),
                1 => json!({ "tags": [tag(number / 3)], "status": ["pending"], "limit": rows(number / 3) }),
                _ => json!({ "view": "ready", "goal": filled.goals[number / 3 % filled.goals.len()] }),
            },
            Self::Waiting => json!({ "view": "ready" }),
            Self::Batch => {
                let ids: Vec<&String> =
                    (0..BATCH_IDS).map(|place| task((number * BATCH_IDS + place) * BATCH_STEP)).collect();
                json!({ "ids": ids })
            }
        }
    }

    /// How many have to be asked first, so that the known ones are known.
    pub(crate) fn first_ones(self) -> usize {
        if self == Self::Known { KNOWN_TASKS } else { 0 }
    }
}

/// Another number whenever the tags begin anew, since what was asked before may be remembered.
fn rows(number: usize) -> usize {
    20 - number / TAGS % 3
}
