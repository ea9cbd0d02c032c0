//! The stream's definition, kept as a file that plain NATS tools read as well: `nats/events.stream.json`.

use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy};
use uuid::Uuid;

use crate::{BusConfig, subject::Subjects};

const DEFINITION: &str = include_str!("../../events.stream.json");
/// Under this key the stream's metadata names the log it belongs to.
const EPOCH: &str = "goalstream_epoch";

/// What the stream of one log looks like.
#[derive(Debug, Clone)]
pub struct StreamDefinition(Config);

impl StreamDefinition {
    /// The definition in the file, with the configured names and limits.
    pub fn of(config: &BusConfig, subjects: &Subjects) -> Self {
        let mut stream: Config = serde_json::from_str(DEFINITION)
            .expect("nats/events.stream.json is part of this crate and read by its test");
        stream.name.clone_from(&config.stream_name);
        stream.subjects = vec![subjects.everything()];
        if let Some(messages) = config.retention_messages {
            stream.max_messages = i64::try_from(messages).unwrap_or(i64::MAX);
        }
        if let Some(bytes) = config.retention_bytes {
            stream.max_bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        }
        Self(stream)
    }

    /// The first position a new stream keeps when the log's head is `head`: what retention would drop at once is not published.
    pub fn first_kept(&self, head: u64) -> u64 {
        let kept = u64::try_from(self.0.max_messages).ok().filter(|kept| *kept > 0);
        kept.map_or(1, |kept| head.saturating_sub(kept) + 1)
    }

    /// What to create for the log of this epoch, starting at `first`.
    pub(crate) fn create(&self, epoch: Uuid, first: u64) -> Config {
        let mut stream = self.0.clone();
        stream.metadata.insert(EPOCH.to_owned(), epoch.to_string());
        stream.first_sequence = Some(first).filter(|first| *first > 1);
        stream
    }

    /// What keeps an existing stream from carrying the log, if anything. Limits, replicas and placement are the operator's.
    pub(crate) fn problem_with(&self, existing: &Config) -> Option<String> {
        let everything = &self.0.subjects[0];
        if !existing.subjects.contains(everything) {
            return Some(format!("its subjects must contain {everything}"));
        }
        let rules = [
            (existing.retention == RetentionPolicy::Limits, "its retention must be `limits`"),
            (existing.discard == DiscardPolicy::Old, "its discard policy must be `old`"),
            (existing.max_age.is_zero(), "it must not drop messages by age, or its last message would go"),
            (existing.max_messages_per_subject <= 0, "it must not limit messages per subject"),
            (!existing.no_ack, "it must acknowledge messages"),
            (!existing.sealed, "it must not be sealed"),
            (existing.mirror.is_none() && existing.sources.is_none(), "it must not mirror or source another stream"),
            (existing.subject_transform.is_none(), "it must not transform subjects"),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map(|(_, rule)| rule.to_owned())
    }
}

/// The epoch of the log that a stream says it belongs to.
pub(crate) fn epoch_of(stream: &Config) -> Option<&str> {
    stream.metadata.get(EPOCH).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use async_nats::jetstream::stream::{Compression, StorageType};

    use super::*;

    fn definition(config: &BusConfig) -> StreamDefinition {
        StreamDefinition::of(config, &Subjects::new(&config.subject_prefix).unwrap())
    }

    #[test]
    fn the_file_says_what_the_log_needs() {
        let StreamDefinition(stream) = definition(&BusConfig::new("nats://localhost"));
        assert_eq!((stream.name.as_str(), stream.subjects[0].as_str()), ("EVENTS", "goalstream.v1.>"));
        assert_eq!(stream.storage, StorageType::File);
        assert_eq!(stream.compression, Some(Compression::S2));
        assert_eq!(stream.duplicate_window, Duration::from_secs(120));
        assert!(stream.deny_delete && stream.deny_purge);
        assert_eq!(definition(&BusConfig::new("nats://localhost")).problem_with(&stream), None);
    }

    #[test]
    fn a_new_stream_starts_where_retention_would() {
        let config = BusConfig { retention_messages: Some(100), ..BusConfig::new("nats://localhost") };
        let definition = definition(&config);
        assert_eq!((definition.first_kept(0), definition.first_kept(100), definition.first_kept(1000)), (1, 1, 901));
        let epoch = Uuid::from_u128(7);
        let stream = definition.create(epoch, 901);
        assert_eq!((stream.first_sequence, epoch_of(&stream)), (Some(901), Some(epoch.to_string().as_str())));
        assert_eq!(definition.create(epoch, 1).first_sequence, None);
    }

    #[test]
    fn a_stream_that_forgets_by_age_is_refused() {
        let definition = definition(&BusConfig::new("nats://localhost"));
        let aging = Config { max_age: Duration::from_secs(60), ..definition.0.clone() };
        assert!(definition.problem_with(&aging).unwrap().contains("age"));
        let elsewhere = Config { subjects: vec!["other.>".into()], ..definition.0.clone() };
        assert!(definition.problem_with(&elsewhere).unwrap().contains("goalstream.v1.>"));
    }
}
