//! What stands beside a payload: who, through what, why, and what it belongs to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A flat map of strings, because cqrs-es reads it as one.
///
/// Keys are the associated constants; no other key is ever written. Only [`Metadata::WHY`] is free text, so it alone
/// stays in the log and is never put into a header of the bus.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Metadata(pub BTreeMap<String, String>);

impl Metadata {
    /// Pseudonym of who acted, never an e-mail address.
    pub const ACTOR_ID: &str = "actor_id";
    /// One of [`ActorKind`]'s words.
    pub const ACTOR_KIND: &str = "actor_kind";
    /// The program the actor used, such as `claude-code/2.1`.
    pub const CLIENT: &str = "client";
    /// The client's session, where it has one.
    pub const SESSION: &str = "session";
    /// The caller's idempotency key.
    pub const REQUEST_ID: &str = "request_id";
    /// SHA-256 of the request's canonical body, hex: the same request id with another hash is refused.
    pub const REQUEST_HASH: &str = "request_hash";
    /// What this belongs to: all events of one piece of work share it.
    pub const CORRELATION_ID: &str = "correlation_id";
    /// The event id that led to this command.
    pub const CAUSATION_ID: &str = "causation_id";
    /// W3C trace context.
    pub const TRACEPARENT: &str = "traceparent";
    /// The actor's reason, free text.
    pub const WHY: &str = "why";
    /// The event id that this event undoes.
    pub const COMPENSATES: &str = "compensates";

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Sets a key; `None` leaves it out.
    pub fn set(&mut self, key: &str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.0.insert(key.to_owned(), value.into());
        }
    }

    /// The same without free text: what subscribers of the bus see.
    pub fn without_free_text(mut self) -> Self {
        self.0.remove(Self::WHY);
        self
    }
}

/// Who acts. The order of trust is decided at the doors: token subject, then configured identity, then client name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Pseudonym, never an e-mail address.
    pub id: String,
    /// What kind of actor it is.
    pub kind: ActorKind,
}

/// What kind of actor it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person.
    Human,
    /// A program that decides by itself.
    Agent,
    /// A rule that somebody set up.
    Automation,
    /// Goalstream itself.
    System,
}

impl ActorKind {
    /// The word stored in metadata.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Agent => "agent",
            Self::Automation => "automation",
            Self::System => "system",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_kept_and_what_is_not_said_is_left_out() {
        let mut metadata = Metadata::default();
        metadata.set(Metadata::ACTOR_ID, Some("ada"));
        metadata.set(Metadata::CLIENT, None::<&str>);
        assert_eq!(metadata.get(Metadata::ACTOR_ID), Some("ada"));
        assert_eq!(metadata.0.len(), 1);
    }

    #[test]
    fn the_reason_alone_stays_in_the_log() {
        let mut metadata = Metadata::default();
        metadata.set(Metadata::ACTOR_ID, Some("ada"));
        let on_the_bus = metadata.clone();
        metadata.set(Metadata::WHY, Some("because"));
        assert_eq!(metadata.without_free_text(), on_the_bus);
    }

    #[test]
    fn a_kind_of_actor_has_one_word_everywhere() {
        for kind in [ActorKind::Human, ActorKind::Agent, ActorKind::Automation, ActorKind::System] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
