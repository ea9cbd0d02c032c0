//! The headers of a message: CloudEvents 1.0 in binary mode, what JetStream needs to keep sequence equal to position, and what a
//! reader needs to have the log's event again.
//!
//! Values are percent-encoded as CloudEvents asks, so no text of a client can break a header line. The free-text metadata
//! key `why` is never put into a header. [`decode`] is the inverse of [`encode`] for everything else.

use std::{collections::BTreeMap, str::FromStr, sync::Arc};

use async_nats::{
    HeaderMap, HeaderValue,
    header::{NATS_EXPECTED_LAST_SEQUENCE, NATS_EXPECTED_STREAM, NATS_MESSAGE_ID},
};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{Metadata, Recorded, TaskId};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use uuid::Uuid;

use crate::subject::{InvalidSubject, Subjects};

/// What CloudEvents has encoded in a header value; non-ASCII always is.
const VALUE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');
/// The same for the name of a metadata key, where the colon ends the name.
const NAME: &AsciiSet = &VALUE.add(b':');

const SPEC_VERSION: &str = "1.0";
const CONTENT_TYPE: &str = "application/json";
/// Metadata keys that CloudEvents extensions have a name for. All others travel as `goalstream-meta-<key>`.
const EXTENSIONS: [(&str, &str); 3] = [
    (Metadata::TRACEPARENT, "ce-traceparent"),
    (Metadata::CORRELATION_ID, "ce-correlationid"),
    (Metadata::CAUSATION_ID, "ce-causationid"),
];
const METADATA_PREFIX: &str = "goalstream-meta-";

/// Why a message is not an event of ours.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableMessage {
    /// Published by somebody else.
    #[error(transparent)]
    Subject(#[from] InvalidSubject),
    /// A header that must be there is not.
    #[error("header {0} is missing")]
    Missing(&'static str),
    /// A header says something it cannot say.
    #[error("header {name} has the value `{value}`")]
    Invalid {
        /// The header.
        name: &'static str,
        /// What it says.
        value: String,
    },
    /// The payload is not text.
    #[error("the payload is not UTF-8")]
    Payload(#[from] std::str::Utf8Error),
    /// Stored under another id than its event's: copied by somebody, not published by a relay.
    #[error("the message was stored under the id {stored:?} and carries the event {event}")]
    Id {
        /// The id that JetStream was given, if it is one of ours.
        stored: Option<Uuid>,
        /// The event's id.
        event: Uuid,
    },
    /// The rule that holds everything together is broken for this message.
    #[error("the message of sequence {sequence} carries the event of position {position}")]
    Sequence {
        /// Where the message stands in the stream.
        sequence: u64,
        /// Where its event stands in the log.
        position: u64,
    },
}

/// The headers of an event as CloudEvents and a reader of ours need them.
pub fn encode(event: &Recorded) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", CONTENT_TYPE);
    headers.insert("ce-specversion", SPEC_VERSION);
    headers.insert("ce-id", event.event_id.to_string());
    headers.insert("ce-source", format!("/goalstream/{}", event.workspace));
    headers.insert("ce-type", format!("goalstream.{}.v{}", encoded(&event.event_type), encoded(&event.event_version)));
    headers.insert("ce-subject", subject_of(event));
    headers.insert("ce-time", event.recorded_at.to_rfc3339_opts(SecondsFormat::Micros, true));
    // CloudEvents compares sequences as text, so they are padded to the width of the largest.
    headers.insert("ce-sequence", format!("{:020}", event.position));
    headers.insert("goalstream-sequence", event.sequence.to_string());
    headers.insert("goalstream-command-id", event.command_id.to_string());
    headers.insert("goalstream-command-pos", event.command_pos.to_string());
    headers.insert("goalstream-command-len", event.command_len.to_string());
    for (key, value) in event.metadata.0.iter().filter(|(key, _)| *key != Metadata::WHY) {
        headers.insert(metadata_name(key), encoded(value));
    }
    headers
}

/// Adds what makes JetStream store the message at its position or not at all.
pub(crate) fn guard(headers: &mut HeaderMap, event: &Recorded, stream_name: &str) {
    headers.insert(NATS_MESSAGE_ID, event.event_id.to_string());
    headers.insert(NATS_EXPECTED_STREAM, stream_name);
    headers.insert(NATS_EXPECTED_LAST_SEQUENCE, event.position.saturating_sub(1).to_string());
}

/// The event of a message; its metadata lacks `why`.
///
/// # Errors
/// When the message was not published by a relay of this prefix.
pub fn decode(
    subjects: &Subjects,
    subject: &str,
    headers: &HeaderMap,
    payload: &[u8],
) -> Result<Recorded, UnreadableMessage> {
    let address = subjects.parse(subject)?;
    Ok(Recorded {
        position: parsed(headers, "ce-sequence")?,
        event_id: parsed(headers, "ce-id")?,
        workspace: address.workspace,
        stream: address.stream,
        sequence: parsed(headers, "goalstream-sequence")?,
        event_version: version(headers, &address.event_type)?,
        event_type: address.event_type,
        payload: Arc::from(std::str::from_utf8(payload)?),
        metadata: metadata(headers),
        command_id: parsed(headers, "goalstream-command-id")?,
        command_pos: parsed(headers, "goalstream-command-pos")?,
        command_len: parsed(headers, "goalstream-command-len")?,
        recorded_at: parsed::<DateTime<Utc>>(headers, "ce-time")?,
    })
}

/// Whether a message was stored under its event's id, as a relay does.
pub(crate) fn check_id(headers: &HeaderMap, event: &Recorded) -> Result<(), UnreadableMessage> {
    match message_id(headers) {
        Some(id) if id == event.event_id => Ok(()),
        stored => Err(UnreadableMessage::Id { stored, event: event.event_id }),
    }
}

/// The id under which a message was stored: its event's.
pub(crate) fn message_id(headers: &HeaderMap) -> Option<Uuid> {
    headers.get(NATS_MESSAGE_ID)?.as_str().parse().ok()
}

/// The task the event is about, else the stream. Read without the event's shape, so that a relay also carries events which are
/// newer than itself.
fn subject_of(event: &Recorded) -> String {
    #[derive(Deserialize)]
    struct Event {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        #[serde(default)]
        task: Option<TaskId>,
    }
    let task = serde_json::from_str::<Event>(&event.payload).ok().and_then(|event| event.data.task);
    task.map_or_else(|| encoded(&event.stream.id), |task| task.to_string())
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, VALUE).to_string()
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn metadata_name(key: &str) -> String {
    let extension = EXTENSIONS.iter().find(|(known, _)| *known == key);
    extension
        .map_or_else(|| format!("{METADATA_PREFIX}{}", utf8_percent_encode(key, NAME)), |(_, name)| (*name).to_owned())
}

fn metadata(headers: &HeaderMap) -> Metadata {
    let mut metadata = BTreeMap::new();
    for (name, values) in headers.iter() {
        let name = name.to_string();
        let extension = EXTENSIONS.iter().find(|(_, known)| *known == name).map(|(key, _)| (*key).to_owned());
        let key = extension.or_else(|| name.strip_prefix(METADATA_PREFIX).map(decoded));
        if let (Some(key), Some(value)) = (key, values.last()) {
            metadata.insert(key, decoded(value.as_str()));
        }
    }
    Metadata(metadata)
}

fn version(headers: &HeaderMap, event_type: &str) -> Result<String, UnreadableMessage> {
    let name = "ce-type";
    let value = required(headers, name)?;
    let version = value.strip_prefix("goalstream.").and_then(|rest| rest.strip_prefix(event_type)?.strip_prefix(".v"));
    version.map(decoded).ok_or_else(|| UnreadableMessage::Invalid { name, value: value.to_owned() })
}

fn parsed<T: FromStr>(headers: &HeaderMap, name: &'static str) -> Result<T, UnreadableMessage> {
    let value = required(headers, name)?;
    value.parse().map_err(|_| UnreadableMessage::Invalid { name, value: value.to_owned() })
}

fn required<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, UnreadableMessage> {
    headers.get(name).map(HeaderValue::as_str).ok_or(UnreadableMessage::Missing(name))
}

#[cfg(test)]
mod tests {
    use domain::{GoalId, StreamId, Workspace};
    use proptest::prelude::*;

    use super::*;

    fn subjects() -> Subjects {
        Subjects::new("goalstream").unwrap()
    }

    fn event(metadata: BTreeMap<String, String>) -> Recorded {
        Recorded {
            position: 42,
            event_id: Uuid::from_u128(1),
            workspace: Workspace::DEFAULT,
            stream: StreamId::from(GoalId(1)),
            sequence: 7,
            event_type: "task_completed".into(),
            event_version: "1".into(),
            payload: r#"{"type":"task_completed","data":{"task":"TASK-0003","from":"in_progress","to":"completed"}}"#
                .into(),
            metadata: Metadata(metadata),
            command_id: Uuid::from_u128(2),
            command_pos: 0,
            command_len: 3,
            recorded_at: "2026-11-20T10:11:12.000345Z".parse().unwrap(),
        }
    }

    fn value(headers: &HeaderMap, name: &str) -> String {
        headers.get(name).map(ToString::to_string).unwrap_or_default()
    }

    #[test]
    fn a_message_is_a_cloud_event() {
        let metadata = BTreeMap::from([("why".into(), "secret".into()), ("traceparent".into(), "00-ab-cd-01".into())]);
        let headers = encode(&event(metadata));
        assert_eq!(value(&headers, "ce-type"), "goalstream.task_completed.v1");
        assert_eq!(value(&headers, "ce-source"), "/goalstream/default");
        assert_eq!(value(&headers, "ce-subject"), "TASK-0003");
        assert_eq!(value(&headers, "ce-time"), "2026-11-20T10:11:12.000345Z");
        assert_eq!(value(&headers, "ce-sequence"), "00000000000000000042");
        assert_eq!(value(&headers, "ce-traceparent"), "00-ab-cd-01");
        assert!(!format!("{headers:?}").contains("secret"), "free text in a header");
    }

    #[test]
    fn what_is_about_no_task_is_about_its_goal() {
        let goal = Recorded { payload: r#"{"type":"goal_started","data":{}}"#.into(), ..event(BTreeMap::new()) };
        assert_eq!(value(&encode(&goal), "ce-subject"), "GOAL-0001");
        let unknown = Recorded { payload: "[]".into(), ..event(BTreeMap::new()) };
        assert_eq!(value(&encode(&unknown), "ce-subject"), "GOAL-0001");
    }

    #[test]
    fn a_message_without_our_headers_is_refused() {
        let subject = "goalstream.v1.default.goal.GOAL-0001.task_completed";
        let error = decode(&subjects(), subject, &HeaderMap::new(), b"{}").unwrap_err().to_string();
        assert_eq!(error, "header ce-sequence is missing");
    }

    /// Line breaks, colons, percent signs, quotes, control characters and anything else that Unicode has.
    fn hostile() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            prop_oneof![
                Just("\r\n".to_owned()),
                Just("%0D%0A".to_owned()),
                Just("\r\nNats-Msg-Id: other".to_owned()),
                Just(" : ".to_owned()),
                Just("\u{7f}\u{1}\t".to_owned()),
                Just("\u{202e}🦀é".to_owned()),
                any::<char>().prop_map(String::from),
            ],
            0..8,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn decode_is_the_inverse_of_encode(
            metadata in proptest::collection::btree_map(
                prop_oneof![Just("actor_id".to_owned()), Just("traceparent".to_owned()), Just("why".to_owned()), hostile()],
                hostile(),
                0..6,
            ),
            position in 1..=u64::MAX,
            sequence: u64,
            command_pos: u32,
            command_len: u32,
            ids: (u128, u128),
            version in hostile(),
            text in hostile(),
            micros in 0..4_000_000_000_000_000_i64,
        ) {
            let original = Recorded {
                position, sequence, command_pos, command_len,
                event_id: Uuid::from_u128(ids.0),
                command_id: Uuid::from_u128(ids.1),
                event_version: version,
                payload: serde_json::json!({"type": "task_completed", "data": {"text": text}}).to_string().into(),
                recorded_at: DateTime::from_timestamp_micros(micros).unwrap(),
                ..event(metadata)
            };
            let mut headers = encode(&original);
            guard(&mut headers, &original, "EVENTS");
            for (name, values) in headers.iter() {
                for text in values.iter().map(ToString::to_string).chain([name.to_string()]) {
                    prop_assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{text:?}");
                }
            }
            let subject = subjects().of(&original).unwrap();
            let read = decode(&subjects(), &subject, &headers, original.payload.as_bytes()).unwrap();
            prop_assert_eq!(message_id(&headers), Some(original.event_id));
            prop_assert_eq!(read.clone(), Recorded { metadata: original.metadata.clone().without_free_text(), ..original });
        }
    }
}
