//! What can go wrong with the bus.

use event_store::StoreError;

use crate::{agreement::Divergence, subject::InvalidSubject};

/// A failure of NATS, of the log it is compared with, or of their agreement.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The configured address cannot be used. The address itself is not shown: it carries a password.
    #[error("the NATS address cannot be used: {0}")]
    Address(String),
    /// A configured name cannot stand in a subject.
    #[error(transparent)]
    Subject(#[from] InvalidSubject),
    /// The configured stream's name cannot be one.
    #[error("`{0}` cannot be the name of a stream: use letters, digits, `-` and `_`")]
    StreamName(String),
    /// NATS did not answer, or refused. Worth another try.
    #[error("{doing}")]
    Nats {
        /// What we were doing.
        doing: &'static str,
        /// What NATS or its client said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The log did not answer. Worth another try.
    #[error("read the log to compare the stream with it")]
    Log(#[from] StoreError),
    /// There is no such stream (yet).
    #[error("the stream {0} does not exist")]
    NoStream(String),
    /// The stream cannot keep the rule that sequence equals position.
    #[error(
        "the stream {stream} is not set up for this log: {problem}; mend it with `nats stream edit` or recreate it"
    )]
    Misconfigured {
        /// The stream.
        stream: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// The stream carries another history than the log.
    #[error(transparent)]
    Diverged(#[from] Box<Divergence>),
    /// Recreating a stream takes its name as the confirmation.
    #[error("recreating a stream removes it with every consumer on it; confirm with its name, {0}")]
    NotConfirmed(String),
}

impl BusError {
    pub(crate) fn nats(doing: &'static str) -> impl FnOnce(async_nats::Error) -> Self {
        move |source| Self::Nats { doing, source }
    }
}

/// An error with all its causes in one line, for a person.
pub fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
