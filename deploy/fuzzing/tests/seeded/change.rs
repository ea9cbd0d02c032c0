//! Small changes of what is kept, chosen by a seed.

/// Changes of one input, one upon the other.
const CHANGES_MAX: usize = 8;

/// Bytes of an input; beyond it, only time would be lost.
const BYTES_MAX: usize = 8 * 1024;

/// What parsers trip over.
const STUMBLING_BLOCKS: [&[u8]; 16] = [
    b"\"",
    b"\\",
    b"\\u0000",
    b"\0",
    b"\xff",
    b"null",
    b"-1",
    b"0.1",
    b"1e999",
    b"18446744073709551616",
    b"[[[[",
    b"{}",
    b"\xf0\x9f\x99\x82",
    b"\xe2\x80\xae",
    b"%00",
    b"\n",
];

/// Splitmix: small, and the same everywhere.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below a bound that is not zero.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// A short piece of it, perhaps an empty one.
    fn piece(&mut self, of: &[u8]) -> std::ops::Range<usize> {
        let begin = self.below(of.len() + 1);
        let longest = (of.len() - begin).min(1 << self.below(8));
        begin..begin + self.below(longest + 1)
    }
}

/// One of these with a few changes.
pub(crate) fn any(kept: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut input = chance.one_of(kept).clone();
    for _ in 0..=chance.below(CHANGES_MAX) {
        change(&mut input, kept, chance);
        input.truncate(BYTES_MAX);
    }
    input
}

fn change(input: &mut Vec<u8>, kept: &[Vec<u8>], chance: &mut Chance) {
    let piece = chance.piece(input);
    let instead: Vec<u8> = match chance.below(5) {
        0 => Vec::new(),
        1 => chance.one_of(&STUMBLING_BLOCKS).to_vec(),
        2 => input[piece.clone()].repeat(2 + chance.below(3)),
        3 => input[piece.clone()].iter().map(|byte| byte ^ (1 << chance.below(8))).collect(),
        _ => {
            let other = chance.one_of(kept);
            other[chance.piece(other)].to_vec()
        }
    };
    input.splice(piece, instead);
}
