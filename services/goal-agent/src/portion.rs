//! `get` in portions: as much as there is room for, and where the next portion begins.
//!
//! What was asked for stands in a row, goals before tasks; of each there is the object itself, then the parts of its lists. The next portion is
//! read as of the position of the first, so it goes on exactly there, whatever is written meanwhile.

use std::{fmt, str::FromStr};

use domain::goal::Subject;
use serde::Serialize;

use crate::{
    reply::{GoalObject, Objects, TaskObject},
    room::Room,
};

/// Where a portion begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The position that the first portion was true for.
    pub(crate) position: u64,
    /// The place of the goal or task among those that were asked for.
    pub(crate) index: usize,
    /// How much of it has been given: nothing, or itself and so many parts less one.
    pub(crate) given: usize,
}

/// A text that is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidPlace;

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.position, self.index, self.given)
    }
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().and_then(|part| part.parse::<u64>().ok()).ok_or(InvalidPlace);
        let (position, index, given) = (next()?, next()?, next()?);
        let number = |number: u64| usize::try_from(number).map_err(|_| InvalidPlace);
        Ok(Self { position, index: number(index)?, given: number(given)? })
    }
}

/// The lists of an object, which may be given in portions.
trait Parts: Serialize + Clone {
    fn subject(&self) -> Subject;
    /// Itself without its lists.
    fn alone(&self) -> Self;
    /// Leaves out what may be long and was given with the portion in which the object first came.
    fn shorten(&mut self);
    /// Keeps of each list what comes after so many parts of all of them and has room; says how many parts were given before it ended.
    fn keep(&mut self, skip: usize, room: &mut Room) -> Option<usize>;
}

/// Walks the lists of one object.
struct Walk<'a> {
    room: &'a mut Room,
    /// Parts that were given before.
    skip: usize,
    /// Parts that were seen.
    seen: usize,
    /// No more room.
    is_full: bool,
}

impl Walk<'_> {
    fn keep<T: Serialize>(&mut self, list: &mut Vec<T>) {
        list.retain(|part| {
            let is_new = self.seen >= self.skip;
            if !self.is_full && is_new && !self.room.takes(part) {
                self.is_full = true;
            }
            self.seen += usize::from(!self.is_full);
            is_new && !self.is_full
        });
    }

    /// The parts given so far, when there are more.
    fn end(self) -> Option<usize> {
        self.is_full.then_some(self.seen)
    }
}

impl Parts for GoalObject {
    fn subject(&self) -> Subject {
        self.row.id.into()
    }

    fn alone(&self) -> Self {
        Self { row: self.row.clone(), tasks: Vec::new(), comments: Vec::new(), history: Vec::new() }
    }

    fn shorten(&mut self) {
        let row = &mut self.row;
        (row.description, row.result) = (None, None);
        row.links.clear();
        row.metadata.clear();
    }

    fn keep(&mut self, skip: usize, room: &mut Room) -> Option<usize> {
        let mut walk = Walk { room, skip, seen: 0, is_full: false };
        walk.keep(&mut self.tasks);
        walk.keep(&mut self.comments);
        walk.keep(&mut self.history);
        walk.end()
    }
}

impl Parts for TaskObject {
    fn subject(&self) -> Subject {
        self.row.id.into()
    }

    fn alone(&self) -> Self {
        Self {
            subtasks: Vec::new(),
            comments: Vec::new(),
            history: Vec::new(),
            row: self.row.clone(),
            ready: self.ready,
        }
    }

    fn shorten(&mut self) {
        let row = &mut self.row;
        (row.description, row.result, row.blocked_reason) = (None, None, None);
        row.criteria.clear();
        row.links.clear();
        row.metadata.clear();
    }

    fn keep(&mut self, skip: usize, room: &mut Room) -> Option<usize> {
        let mut walk = Walk { room, skip, seen: 0, is_full: false };
        walk.keep(&mut self.subtasks);
        walk.keep(&mut self.comments);
        walk.keep(&mut self.history);
        walk.end()
    }
}

/// Cuts an answer to what there is room for, from this place on. `asked` is everything in the order of the answer.
pub(crate) fn portion(objects: &mut Objects, asked: &[Subject], from: Place) {
    let mut cutting = Cutting { asked, from, room: Room::new(), end: None };
    cutting.cut(&mut objects.goals);
    cutting.cut(&mut objects.tasks);
    objects.more = cutting.end.map(|end| Place { position: objects.position, ..end }.to_string());
}

struct Cutting<'a> {
    asked: &'a [Subject],
    from: Place,
    room: Room,
    end: Option<Place>,
}

impl Cutting<'_> {
    fn cut<T: Parts>(&mut self, objects: &mut Vec<T>) {
        objects.retain_mut(|object| {
            let index = self.asked.iter().position(|asked| *asked == object.subject()).unwrap_or_default();
            if self.end.is_some() || index < self.from.index {
                return false;
            }
            self.takes(index, object)
        });
    }

    fn takes<T: Parts>(&mut self, index: usize, object: &mut T) -> bool {
        let given = if index == self.from.index { self.from.given } else { 0 };
        if given > 0 {
            // It is named again above the rest of its lists, and that is no news.
            object.shorten();
        } else if !self.room.takes(&object.alone()) {
            self.end = Some(Place { index, ..Place::default() });
            return false;
        }
        let end = object.keep(given.saturating_sub(1), &mut self.room);
        self.end = end.map(|parts| Place { index, given: parts + 1, ..Place::default() });
        true
    }
}
