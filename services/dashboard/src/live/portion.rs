//! How much a client is handed at once. It holds that in memory until it has taken it, which may be never.

use bytes::Bytes;

/// Bytes of frames that a client holds, beyond the first frame: one alone is handed out however large it is.
pub(super) const PORTION_BYTES_MAX: usize = 128 * 1024;
/// Events read from the log for the first portion, and for any: what does not fit was read in vain.
const EVENTS_FIRST: usize = 8;
const EVENTS_MAX: usize = 64;

/// The frames that make a portion.
pub(super) fn of<'a>(frames: impl Iterator<Item = &'a Bytes>) -> impl Iterator<Item = &'a Bytes> {
    let mut sizes = 0;
    frames.take_while(move |frame| {
        let is_first = sizes == 0;
        sizes += frame.len();
        is_first || sizes <= PORTION_BYTES_MAX
    })
}

/// How many events to read from the log next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Appetite(usize);

impl Default for Appetite {
    fn default() -> Self {
        Self(EVENTS_FIRST)
    }
}

impl Appetite {
    pub(super) fn events(self) -> usize {
        self.0
    }

    /// As many as have fitted, and twice as many while they are small.
    #[must_use]
    pub(super) fn after(self, portion: &[Bytes], read: usize) -> Self {
        let bytes: usize = portion.iter().map(Bytes::len).sum();
        if portion.len() < read {
            Self(portion.len())
        } else if bytes <= PORTION_BYTES_MAX / 2 {
            Self((self.0 * 2).min(EVENTS_MAX))
        } else {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(count: usize, bytes: usize) -> Vec<Bytes> {
        vec![Bytes::from(vec![b'x'; bytes]); count]
    }

    #[test]
    fn a_portion_ends_before_it_is_too_large_and_has_one_frame_at_least() {
        for (bytes, expected) in [(0, 64), (1_000, 64), (PORTION_BYTES_MAX / 4, 4), (PORTION_BYTES_MAX + 1, 1)] {
            assert_eq!(of(frames(64, bytes).iter()).count(), expected, "of {bytes} bytes");
        }
    }

    #[test]
    fn the_appetite_follows_what_fits() {
        let small = (0..10).fold(Appetite::default(), |appetite, _| appetite.after(&frames(8, 100), 8));
        assert_eq!(small.events(), EVENTS_MAX);
        let large = small.after(&frames(3, 40_000), 64);
        assert_eq!(large.events(), 3);
        assert_eq!(large.after(&frames(3, 40_000), 3), large, "nothing is read in vain again");
        assert_eq!(large.after(&frames(1, 10), 1).events(), 6);
    }
}
