//! The newest frames, one after the other without a hole: what all clients read from.

use std::collections::VecDeque;

use bytes::Bytes;

use super::{
    frame::{Frame, Vocabulary},
    portion,
};

/// Frames handed to a client at once; it comes back for more when they are sent.
const READ_FRAMES_MAX: usize = 64;

#[derive(Debug)]
pub(crate) struct Window {
    frames: VecDeque<Frame>,
    bytes: usize,
    /// The last position there is, also when its frame is not.
    end: u64,
    /// Which run of the log this is: raised when it had to begin anew.
    era: u64,
    frames_max: usize,
    bytes_max: usize,
}

/// What a client finds behind its position.
#[derive(Debug)]
pub(crate) enum Found {
    /// The next bytes, and the position they end at.
    Frames { bytes: Vec<Bytes>, end: u64 },
    /// Nothing yet.
    Nothing,
    /// Something that is not here any more, so many events back.
    Gone { behind: u64 },
    /// Another run of the log: positions mean something else now.
    OtherEra,
}

impl Window {
    /// An empty window behind a position.
    pub(crate) fn new(after: u64, frames_max: usize, bytes_max: usize) -> Self {
        Self { frames: VecDeque::new(), bytes: 0, end: after, era: 0, frames_max, bytes_max }
    }

    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    pub(crate) fn era(&self) -> u64 {
        self.era
    }

    /// Empties it and goes on behind another position. Whoever has read from it before has to begin anew as well.
    pub(crate) fn begin_anew(&mut self, after: u64) {
        self.frames.clear();
        self.bytes = 0;
        self.end = after;
        self.era += 1;
    }

    /// Adds the frame after the last one, and lets go of the oldest ones beyond the bounds. The newest always stays.
    pub(crate) fn push(&mut self, frame: Frame) {
        debug_assert_eq!(frame.position, self.end + 1, "subscriptions are contiguous");
        self.end = frame.position;
        self.bytes += frame.size();
        self.frames.push_back(frame);
        while self.frames.len() > self.frames_max || (self.bytes > self.bytes_max && self.frames.len() > 1) {
            self.bytes -= self.frames.pop_front().map_or(0, |oldest| oldest.size());
        }
    }

    /// What comes after a position.
    pub(crate) fn after(&self, position: u64, era: u64, vocabulary: Vocabulary) -> Found {
        if era != self.era {
            return Found::OtherEra;
        }
        if position >= self.end {
            return Found::Nothing;
        }
        let first = self.end + 1 - self.frames.len() as u64;
        let Some(skipped) = (position + 1).checked_sub(first) else {
            return Found::Gone { behind: self.end - position };
        };
        let next = self.frames.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX)).take(READ_FRAMES_MAX);
        let bytes: Vec<Bytes> = portion::of(next.map(|frame| frame.bytes(vocabulary))).cloned().collect();
        Found::Frames { end: position + bytes.len() as u64, bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window_of(positions: std::ops::RangeInclusive<u64>, frames_max: usize, bytes_max: usize) -> Window {
        let mut window = Window::new(positions.start() - 1, frames_max, bytes_max);
        positions.for_each(|position| window.push(Frame::fake(position, 100)));
        window
    }

    #[test]
    fn everything_is_read_once_from_wherever_one_begins() {
        let window = window_of(1..=200, 1000, usize::MAX);
        for start in 0..=200 {
            let (mut position, mut read) = (start, 0);
            while let Found::Frames { bytes, end } = window.after(position, 0, Vocabulary::Full) {
                for (bytes, expected) in bytes.iter().zip(position + 1..) {
                    assert!(bytes.starts_with(format!("id: {expected}\n").as_bytes()));
                }
                read += bytes.len() as u64;
                position = end;
            }
            assert_eq!((read, position), (200 - start, 200));
        }
    }

    #[test]
    fn the_oldest_go_first_beyond_either_bound() {
        let by_count = window_of(1..=50, 10, usize::MAX);
        assert!(matches!(by_count.after(39, 0, Vocabulary::Full), Found::Gone { behind: 11 }));
        assert!(matches!(by_count.after(40, 0, Vocabulary::Full), Found::Frames { end: 50, .. }));

        let by_bytes = window_of(1..=50, 1000, 1);
        assert!(matches!(by_bytes.after(48, 0, Vocabulary::Full), Found::Gone { behind: 2 }));
        assert!(matches!(by_bytes.after(49, 0, Vocabulary::Full), Found::Frames { end: 50, .. }));
    }

    #[test]
    fn one_who_is_ahead_waits_and_one_of_another_run_begins_anew() {
        let mut window = window_of(1..=5, 10, usize::MAX);
        assert!(matches!(window.after(9, 0, Vocabulary::Full), Found::Nothing));
        window.begin_anew(3);
        assert!(matches!(window.after(5, 0, Vocabulary::Full), Found::OtherEra));
        assert!(matches!(window.after(3, 1, Vocabulary::Full), Found::Nothing));
        assert!(matches!(window.after(1, 1, Vocabulary::Full), Found::Gone { behind: 2 }));
    }
}
