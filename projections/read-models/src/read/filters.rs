//! A condition that goals and tasks have in common: their tags.

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
