//! What the bus needs to know.

use crate::{
    BusError,
    subject::{Subjects, token},
};

/// Where NATS is, and under which names the log travels. The defaults are what `nats/README.md` promises to outsiders.
#[derive(Clone, PartialEq, Eq)]
pub struct BusConfig {
    /// `nats://user:password@host:port`, or `tls://`; several servers of one cluster separated by commas. User and password may be
    /// percent-encoded; a user without a password is a token.
    pub nats_url: String,
    /// First token or tokens of every subject.
    pub subject_prefix: String,
    /// The JetStream stream's name.
    pub stream_name: String,
    /// How many messages the stream keeps, when not what the definition says. Only used when the stream is created.
    pub retention_messages: Option<u64>,
    /// How many bytes the stream keeps, when not what the definition says. Only used when the stream is created.
    pub retention_bytes: Option<u64>,
}

impl BusConfig {
    /// The first token of every subject unless configured otherwise.
    pub const SUBJECT_PREFIX: &str = "goalstream";
    /// The stream's name unless configured otherwise.
    pub const STREAM_NAME: &str = "EVENTS";

    /// The default names at this server.
    pub fn new(nats_url: impl Into<String>) -> Self {
        Self {
            nats_url: nats_url.into(),
            subject_prefix: Self::SUBJECT_PREFIX.to_owned(),
            stream_name: Self::STREAM_NAME.to_owned(),
            retention_messages: None,
            retention_bytes: None,
        }
    }

    /// Whether NATS can have a stream and subjects of these names.
    ///
    /// # Errors
    /// [`BusError::StreamName`] or [`BusError::Subject`].
    pub fn check_names(&self) -> Result<(), BusError> {
        Subjects::new(&self.subject_prefix)?;
        token(&self.stream_name).map(drop).map_err(|_invalid| BusError::StreamName(self.stream_name.clone()))
    }
}

/// Without the URL, which carries a password.
impl std::fmt::Debug for BusConfig {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("BusConfig")
            .field("subject_prefix", &self.subject_prefix)
            .field("stream_name", &self.stream_name)
            .field("retention_messages", &self.retention_messages)
            .field("retention_bytes", &self.retention_bytes)
            .finish_non_exhaustive()
    }
}
