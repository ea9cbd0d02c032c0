//! Query parameters: the known ones, each once. An unknown one is refused by name, with the nearest right one.

use std::{collections::BTreeMap, str::FromStr};

use goal_agent::Refusal;

use crate::{problem::Problem, rest::route::Parameter};

/// How unlike a known name a word may be and still be taken for a slip of the pen; 1 is the same.
const SIMILARITY_MIN: f64 = 0.7;

/// What a position looks like.
pub(crate) const POSITION: &str = "a position: 0 or more";
/// How a key of metadata is asked for, and is described.
const METADATA_PREFIX: &str = "meta.";
pub(crate) const METADATA: &str = "meta.KEY";
/// What a moment looks like.
pub(crate) const MOMENT: &str = "a position such as 4711, or a time such as 2026-11-30T12:00:00Z or 2026-11-30";

/// The parameters of one request.
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Takes the parameters when all of them are known.
    pub(crate) fn read(given: Vec<(String, String)>, known: &[&str]) -> Result<Self, Problem> {
        for (place, (name, _)) in given.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(unknown(name, known));
            }
            if given[..place].iter().any(|(earlier, _)| earlier == name) {
                return Err(Refusal::validation(name.as_str(), "is there twice").into());
            }
        }
        Ok(Self(given))
    }

    /// The same with what an address describes.
    pub(crate) fn of(given: Vec<(String, String)>, known: &[Parameter]) -> Result<Self, Problem> {
        let mut names: Vec<&str> = known.iter().map(|parameter| parameter.name).collect();
        let keyed = names.contains(&METADATA);
        let is_key = |name: &str| keyed && name.strip_prefix(METADATA_PREFIX).is_some_and(|key| !key.is_empty());
        let keys: Vec<String> = given.iter().map(|(name, _)| name.clone()).filter(|name| is_key(name)).collect();
        names.extend(keys.iter().map(String::as_str));
        Self::read(given, &names)
    }

    /// What is wanted of metadata, by key.
    pub(crate) fn metadata(&self) -> BTreeMap<String, String> {
        let key = |(name, value): &(String, String)| {
            name.strip_prefix(METADATA_PREFIX).map(|key| (key.to_owned(), value.clone()))
        };
        self.0.iter().filter_map(key).collect()
    }

    /// The value of a parameter, if it is there.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The value of whichever of these is there; two of them would contradict each other.
    pub(crate) fn either(&self, names: &[&str]) -> Result<Option<&str>, Problem> {
        let mut given = names.iter().filter_map(|name| Some((name, self.text(name)?)));
        let first = given.next();
        match given.next() {
            Some((other, _)) => Err(Refusal::validation(*other, format!("does not go with {}", names[0])).into()),
            None => Ok(first.map(|(_, value)| value)),
        }
    }

    /// The values of a parameter, separated by commas, if it is there.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<String>> {
        self.text(name).map(|text| text.split(',').map(|value| value.trim().to_owned()).collect())
    }

    /// Refuses all but these.
    pub(crate) fn only(&self, names: &[&str], otherwise: &str) -> Result<(), Problem> {
        match self.0.iter().find(|(given, _)| !names.contains(&given.as_str())) {
            Some((given, _)) => Err(Refusal::validation(given.as_str(), otherwise).into()),
            None => Ok(()),
        }
    }

    /// The value of a parameter as something else; `expected` says what would be right.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Problem> {
        self.text(name).map(|text| parse(name, text, expected)).transpose()
    }
}

/// Reads a value, or says what would be right.
pub(crate) fn parse<T: FromStr>(name: &str, text: &str, expected: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| refused(name, expected))
}

/// Says what would be right.
pub(crate) fn refused(name: &str, expected: &str) -> Problem {
    Refusal::validation(name, format!("must be {expected}")).into()
}

fn unknown(name: &str, known: &[&str]) -> Problem {
    let shown: String = name.chars().take(40).collect();
    let similar = |known: &&&str| strsim::jaro_winkler(&shown, known);
    let nearest = known.iter().max_by(|one, other| similar(one).total_cmp(&similar(other)));
    let problem = Problem::from(match shown.as_str() {
        "" => Refusal::validation("query", "has a value without a name"),
        shown => Refusal::validation(shown, "is not a parameter here"),
    });
    match nearest.filter(|nearest| similar(nearest) >= SIMILARITY_MIN) {
        Some(nearest) => problem.hint(format!("did you mean {nearest}?")),
        None if known.is_empty() => problem.hint("there are none"),
        None => problem.hint(format!("there are {}", known.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Parameters, Problem> {
        let given = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Parameters::read(given, &["status", "limit", "cursor"])
    }

    fn told(problem: &Problem) -> String {
        serde_json::to_string(problem).unwrap()
    }

    #[test]
    fn known_ones_are_read() {
        let parameters = read(&[("limit", "5")]).unwrap();
        assert_eq!(parameters.parsed("limit", "a number").unwrap(), Some(5));
        assert_eq!(parameters.text("status"), None);
    }

    #[test]
    fn an_unknown_one_is_refused_with_the_nearest() {
        let problem = told(&read(&[("limits", "5")]).unwrap_err());
        assert!(problem.contains("did you mean limit?"), "{problem}");
        let problem = told(&read(&[("zzz", "5")]).unwrap_err());
        assert!(problem.contains("there are status, limit, cursor"), "{problem}");
        let problem = told(&read(&[("", "5")]).unwrap_err());
        assert!(problem.contains("query: has a value without a name"), "{problem}");
    }

    #[test]
    fn one_that_is_there_twice_or_malformed_is_refused() {
        let problem = told(&read(&[("limit", "5"), ("limit", "6")]).unwrap_err());
        assert!(problem.contains("limit: is there twice"), "{problem}");
        let problem = read(&[("limit", "many")]).unwrap().parsed::<u32>("limit", "a number from 1 to 200").unwrap_err();
        assert!(told(&problem).contains("limit: must be a number from 1 to 200"));
    }
}
