//! Conditions that goals and tasks have in common: their tags and their words.

use super::question::Question;

/// Where those with a tag are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Among {
    /// Everywhere, beginning with the tag: its rows are found in one go.
    All,
    /// Where other conditions leave few: each of them is asked for its tags.
    Few,
}

/// The goal or task must carry all of these tags.
pub(crate) fn filter_by_tags(question: &mut Question, (kind, number): (&str, &str), tags: &[String], among: Among) {
    for tag in tags {
        let of_kind = format!("FROM {{tags}} tag WHERE tag.kind = '{kind}' AND {{@tag}} AND tag.tag = ");
        match among {
            Among::All => {
                question.add(&format!(" AND {number} = ANY(ARRAY(SELECT tag.number {of_kind}")).bind(tag.clone());
                question.add("))");
            }
            Among::Few => {
                question.add(&format!(" AND EXISTS (SELECT {of_kind}")).bind(tag.clone());
                question.add(&format!(" AND tag.number = {number})"));
            }
        }
    }
}

/// The texts `s` must have these words.
pub(crate) fn filter_by_words(question: &mut Question, words: &str) {
    if !words.is_empty() {
        question.add(" AND s.words @@ ");
        query_of_words(question, words);
    }
}

/// All words, or all but those that English texts are full of. `websearch_to_tsquery` takes any text whatever. With SELECT the text is
/// read once, and not again for each row that is ranked.
pub(crate) fn query_of_words(question: &mut Question, words: &str) {
    question.add("(SELECT websearch_to_tsquery('read.words', ").bind(words.to_owned());
    question.add(") || websearch_to_tsquery('english', ").bind(words.to_owned()).add("))");
}
