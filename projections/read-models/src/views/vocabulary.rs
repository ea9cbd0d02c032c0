//! The words of titles, each once and for ever, so that a word that nobody wrote leads to those that are spelt alike.
//!
//! They are found by the trigrams they share. New words become few soon, so keeping them costs next to nothing; what has a digit in it is
//! mostly a number of something and not learnt.

use std::collections::BTreeSet;

use crate::{
    fold::{At, Fold},
    limits,
    ranged::version_table,
};

version_table! {
    /// A word, from the first title that has it.
    VocabularyVersion in "vocabulary"
    key { word: String as "text" }
    always { trigrams: String as "text" }
    maybe {}
    derived {}
    live { "USING gin (string_to_array(trigrams, ','))" }
    past {}
}

impl Fold {
    pub(crate) fn learn(&mut self, at: &At, title: &str) {
        if !self.vocabulary.active {
            return;
        }
        for word in words(title) {
            self.vocabulary.begin_once((word.clone(),), || VocabularyVersion {
                trigrams: trigrams(&word).join(","),
                word,
                from_position: at.position,
                to_position: None,
            });
        }
    }
}

/// The words of a text that are long enough to be recognised when they are misspelt, in small letters.
pub(crate) fn words(text: &str) -> BTreeSet<String> {
    let pieces = text.split(|letter: char| !letter.is_alphanumeric());
    let learnt = |word: &&str| {
        let letters = word.chars().count();
        (limits::LEARNT_LETTERS_MIN..=limits::LEARNT_LETTERS_MAX).contains(&letters)
            && word.chars().all(char::is_alphabetic)
    };
    pieces.filter(learnt).map(str::to_lowercase).collect()
}

/// Each three letters that follow each other, the word's ends marked with a space.
pub(crate) fn trigrams(word: &str) -> Vec<String> {
    let letters: Vec<char> = [' '].into_iter().chain(word.chars()).chain([' ']).collect();
    letters.windows(3).map(|three| three.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_taken_apart_into_words_that_can_be_misspelt() {
        let learnt = words("Deploy the RELAY's v2beta, deploy naïve-ly: 数据 an");
        assert_eq!(learnt.iter().map(String::as_str).collect::<Vec<_>>(), ["deploy", "naïve", "relay"]);
        assert_eq!(words(&"x".repeat(limits::LEARNT_LETTERS_MAX + 1)), BTreeSet::new());
    }

    #[test]
    fn a_word_is_known_by_three_letters_at_a_time() {
        assert_eq!(trigrams("naïve"), [" na", "naï", "aïv", "ïve", "ve "]);
    }
}
