//! The words of a search text, and what is asked of the texts with them.

use super::question::Question;

/// Letters of the shortest beginning of a word that is taken for one: fewer begin too much.
const BEGUN_LETTERS_MIN: usize = 2;
/// Letters of the longest: no word is longer.
const BEGUN_LETTERS_MAX: usize = 40;

/// What the words are as a condition: read once, and not again for each row that is ranked.
const ASKED: &str = "(SELECT words FROM asked)";

/// What is searched for, as it was typed, or the words that were meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// Split at space. Quotes stay, they mean a phrase; so does a minus, which means that a word must not be there.
    pieces: Vec<String>,
    /// The text ends in the last of them, which may be the beginning of a longer word.
    is_typed: bool,
    /// In place of each piece, the words that are spelt like it.
    alike: Option<Vec<Vec<String>>>,
}

impl Words {
    pub(crate) fn typed(pieces: &[&str], is_typed: bool) -> Self {
        Self { pieces: pieces.iter().map(|piece| (*piece).to_owned()).collect(), is_typed, alike: None }
    }

    pub(crate) fn alike(&self, alike: Vec<Vec<String>>) -> Self {
        Self { alike: Some(alike), ..self.clone() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(crate) fn pieces(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().map(String::as_str)
    }

    /// All of it.
    pub(crate) fn text(&self) -> String {
        self.pieces.join(" ")
    }

    /// Nothing but words, each by itself.
    pub(crate) fn is_plain(&self) -> bool {
        !self.is_empty() && self.pieces.iter().all(|piece| is_word(piece))
    }

    /// Begins a statement with `asked`, what finds the texts that have these words, and `said`, what was said with them: by goal and task, and
    /// how well it fits. A comment is searched by itself; that a word must not be there cannot be said of one.
    pub(crate) fn with(&self, question: &mut Question) {
        if self.is_empty() {
            return;
        }
        question.add("WITH asked AS MATERIALIZED (SELECT ");
        match &self.alike {
            None => self.query(question),
            Some(alike) => any_of_each(question, alike),
        }
        question.add(" AS words)");
        if self.are_said() {
            question.add(", said AS MATERIALIZED (SELECT c.goal, c.task, max(ts_rank(c.words, ").add(ASKED);
            question.add(")) AS rank FROM {comments} c WHERE {@c} AND c.words @@ ").add(ASKED);
            question.add(" GROUP BY c.goal, c.task)");
        }
        question.add(" ");
    }

    /// All words, or all but those that English texts are full of; the last one may go on.
    fn query(&self, question: &mut Question) {
        question.add("websearch_to_tsquery('read.words', ").bind(self.text());
        question.add(") || websearch_to_tsquery('english', ").bind(self.text()).add(")");
        if let Some((begun, before)) = self.begun() {
            question.add(" || (websearch_to_tsquery('english', ").bind(before);
            question.add(") && to_tsquery('simple', ").bind(format!("{begun}:*")).add("))");
        }
    }

    /// The last word, and what stands before it. It is letters and digits only, so nothing of it means anything else to Postgres.
    fn begun(&self) -> Option<(&str, String)> {
        let (last, before) = self.pieces.split_last()?;
        let letters = last.chars().count();
        let may_go_on = self.is_typed && is_word(last) && (BEGUN_LETTERS_MIN..=BEGUN_LETTERS_MAX).contains(&letters);
        may_go_on.then(|| (last.as_str(), before.join(" ")))
    }

    fn are_said(&self) -> bool {
        !self.is_empty() && !self.pieces.iter().any(|piece| piece.starts_with('-'))
    }

    /// Joins the texts `s` of a goal or task, and what was said about it.
    pub(crate) fn join(&self, question: &mut Question, (kind, number): (&str, &str)) {
        if self.is_empty() {
            return;
        }
        question.add(&format!(" JOIN {{search}} s ON s.kind = '{kind}' AND s.number = {number} AND {{@s}}"));
        if self.are_said() {
            question.add(&format!(" LEFT JOIN said ON {} = {number}", said_about(kind)));
        }
    }

    /// Its texts, or something that was said about it, must have these words.
    pub(crate) fn filter(&self, question: &mut Question, kind: &str) {
        if self.is_empty() {
            return;
        }
        question.add(" AND (s.words @@ ").add(ASKED);
        if self.are_said() {
            question.add(&format!(" OR s.number = ANY(ARRAY(SELECT {} FROM said))", said_about(kind)));
        }
        question.add(")");
    }

    /// Adds how well they fit: a whole number, so that a cursor can carry it exactly.
    pub(crate) fn rank(&self, question: &mut Question) {
        if self.is_empty() {
            question.add("0::bigint");
            return;
        }
        question.add("floor(1e6 * greatest(ts_rank(s.words, ").add(ASKED);
        question.add(if self.are_said() { "), said.rank))::bigint" } else { ")))::bigint" });
    }
}

/// Any of the words in place of the first piece, any of those in place of the second, and so on.
fn any_of_each(question: &mut Question, alike: &[Vec<String>]) {
    for (place, words) in alike.iter().enumerate() {
        question.add(if place == 0 { "(" } else { ") && (" });
        for (place, word) in words.iter().enumerate() {
            question.add(if place == 0 { "" } else { " || " });
            question.add("websearch_to_tsquery('english', ").bind(word.clone()).add(")");
        }
    }
    question.add(")");
}

/// What was said about a goal is about no task.
fn said_about(kind: &str) -> &'static str {
    match kind {
        crate::views::GOAL => "CASE WHEN said.task IS NULL THEN said.goal END",
        _ => "said.task",
    }
}

fn is_word(piece: &str) -> bool {
    // The one word that means something to Postgres.
    piece.chars().all(char::is_alphanumeric) && !piece.eq_ignore_ascii_case("or")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_may_go_on_when_it_is_one() {
        let begun =
            |pieces: &[&str], is_typed| Words::typed(pieces, is_typed).begun().map(|(begun, _)| begun.to_owned());
        assert_eq!(begun(&["ship", "the", "rel"], true).as_deref(), Some("rel"));
        assert_eq!(begun(&["ship", "the", "rel"], false), None);
        for piece in ["r", "-rel", "\"rel", "rel:*", "rel'", "or", &"x".repeat(BEGUN_LETTERS_MAX + 1)] {
            assert_eq!(begun(&["ship", piece], true), None, "{piece}");
        }
    }

    #[test]
    fn plain_words_are_words_only() {
        assert!(Words::typed(&["ship", "naïve", "数据"], true).is_plain());
        for pieces in [&["ship", "-it"] as &[&str], &["\"ship", "it\""], &["a", "or", "b"], &[]] {
            assert!(!Words::typed(pieces, true).is_plain(), "{pieces:?}");
        }
    }
}
