//! What was meant by words that are misspelt: asked only when the words as they are find next to nothing.
//!
//! A word that stands in no title is taken for those of titles that share three letters with it and are few changed letters away. The
//! words are those of every title there has been, so this costs the same however many goals and tasks there are.

use std::collections::{BTreeMap, BTreeSet};

use super::{Wanted, found as found_with};
use crate::{
    error::ReadError,
    limits,
    read::{question::Question, records::FoundRecord, snapshot::Snapshot, terms::Terms, words::Words},
    views::vocabulary::{trigrams, words as recognised},
};

/// What the words that were meant find beside what has been found, the best match first.
pub(super) async fn found(
    snapshot: &mut Snapshot,
    wanted: &Wanted<'_>,
    exact: &[FoundRecord],
) -> Result<Vec<FoundRecord>, ReadError> {
    let Some(words) = meant(snapshot, &wanted.terms.words).await? else { return Ok(Vec::new()) };
    let wanted = Wanted { terms: Terms { words, ..wanted.terms.clone() }, ..wanted.clone() };
    let known: BTreeSet<_> = exact.iter().map(FoundRecord::key).collect();
    let room = limits::NEAR_ROWS_MAX.min(wanted.limit as usize - exact.len());
    let records = found_with(snapshot, &wanted, None).await?;
    Ok(records.into_iter().filter(|record| !known.contains(&record.key())).take(room).collect())
}

/// The words, those that stand in no title replaced by what they resemble; `None` when that changes nothing.
async fn meant(snapshot: &mut Snapshot, words: &Words) -> Result<Option<Words>, ReadError> {
    let asked = recognised(&words.text());
    if !words.is_plain() || asked.is_empty() || asked.len() > limits::FORGIVEN_WORDS_MAX {
        return Ok(None);
    }
    let written: Vec<String> = words.pieces().map(str::to_lowercase).collect();
    let resembling = resembling(snapshot, &asked).await?;
    let alike: Vec<Vec<String>> = written
        .iter()
        .map(|word| match nearest(word, resembling.get(word).map_or(&[], Vec::as_slice)) {
            nearest if nearest.is_empty() => vec![word.clone()],
            nearest => nearest,
        })
        .collect();
    let changed = written.iter().zip(&alike).any(|(word, alike)| alike != std::slice::from_ref(word));
    Ok(changed.then(|| words.alike(alike)))
}

/// Words of titles that share three letters with one of these, by that.
async fn resembling(
    snapshot: &mut Snapshot,
    written: &BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<String>>, ReadError> {
    let found: Vec<(String, String)> = snapshot.rows(|question| resembling_words(question, written)).await?;
    let mut resembling = BTreeMap::<_, Vec<_>>::new();
    for (written, word) in found {
        resembling.entry(written).or_default().push(word);
    }
    Ok(resembling)
}

pub(super) fn resembling_words(question: &mut Question, written: &BTreeSet<String>) {
    let (words, trigrams): (Vec<String>, Vec<String>) =
        written.iter().map(|word| (word.clone(), trigrams(word).join(","))).unzip();
    question.add("SELECT a.word, r.word FROM (SELECT unnest(").bind(words).add(") AS word, unnest(").bind(trigrams);
    question.add(") AS trigrams) a CROSS JOIN LATERAL (SELECT v.word FROM {vocabulary} v WHERE {@v}");
    question.add(" AND string_to_array(v.trigrams, ',') && string_to_array(a.trigrams, ',')");
    question.limit(limits::RESEMBLING_WORDS_MAX).add(") r");
}

/// Those that are only a slip of the finger or two away, the nearest first; the word alone when it is one of them.
fn nearest(written: &str, resembling: &[String]) -> Vec<String> {
    let most = slips(written);
    let mut near: Vec<(usize, &String)> = resembling
        .iter()
        .map(|word| (strsim::damerau_levenshtein(written, word), word))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    near.sort_unstable();
    let is_known = near.first().is_some_and(|(distance, _)| *distance == 0);
    let kept = if is_known { 1 } else { limits::ALIKE_WORDS_MAX };
    near.into_iter().take(kept).map(|(_, word)| word.clone()).collect()
}

/// How many letters may be wrong, missing, too many or exchanged.
fn slips(word: &str) -> usize {
    match word.chars().count() {
        0..=5 => 1,
        6..=9 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(written: &str, words: &[&str]) -> Vec<String> {
        nearest(written, &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_nearest_words_come_first_and_strangers_not_at_all() {
        assert_eq!(near("deplyo", &["deploys", "employ", "relay", "deploy"]), ["deploy", "deploys"]);
        assert_eq!(near("rely", &["relay", "rally"]), ["relay"]);
        assert_eq!(near("relay", &["delay", "relays"]), ["delay", "relays"]);
    }

    #[test]
    fn a_word_that_is_known_means_itself() {
        assert_eq!(near("relay", &["delay", "relay"]), ["relay"]);
    }
}
