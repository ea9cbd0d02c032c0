//! How much of an answer there is room for: it has to fit a model's context. What does not fit is left for the next answer, whole.

use serde::Serialize;

/// Bytes of an answer's parts, as JSON: about 5,000 tokens.
pub(crate) const BYTES_MAX: usize = 20_000;

/// What is left of it.
pub(crate) struct Room {
    bytes: usize,
    taken: bool,
}

impl Room {
    /// All of it.
    pub(crate) fn new() -> Self {
        Self { bytes: BYTES_MAX, taken: false }
    }

    /// Whether there is room for this too, and takes it then. The first is given however long it is, or nobody would ever see it.
    pub(crate) fn takes(&mut self, part: &impl Serialize) -> bool {
        let bytes = serde_json::to_string(part).map_or(0, |text| text.len());
        let fits = bytes <= self.bytes || !self.taken;
        if fits {
            self.bytes = self.bytes.saturating_sub(bytes);
            self.taken = true;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_given_however_long_it_is_and_the_others_while_they_fit() {
        let long = "x".repeat(3 * BYTES_MAX);
        let mut room = Room::new();
        assert!(room.takes(&long));
        assert!(!room.takes(&"x"), "it took all the room there was");
        let mut room = Room::new();
        assert!(room.takes(&"short") && !room.takes(&long) && room.takes(&"short"));
    }
}
