//! Every way in which a request can end badly, as every door shows it: what is wrong, and what to do next.

use domain::{Rejection, goal::Text};
use serde::Serialize;
use serde_json::{Map, Value};

/// A request that did not succeed. Nothing of it took effect, except where [`Refusal::Unavailable`] says that it may have.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// A rule said no: the caller can mend it.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Too much at once: nothing was done, try again a little later.
    #[error("too many commands at once; try again in {retry_after_ms} ms")]
    Busy {
        /// When to try again.
        retry_after_ms: u64,
    },
    /// Something that we need is away. With the same request id a repeat is safe, whatever became of this one.
    #[error("{reason}; repeat the call with the same request_id in a moment")]
    Unavailable {
        /// What is away, in the caller's words.
        reason: String,
        /// When to try again.
        retry_after_ms: u64,
    },
}

/// A refusal as JSON: `{code, message, hint, ...}` with the fields of its code.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Described {
    /// One of the codes that all doors share.
    pub code: &'static str,
    /// What is wrong, naming the field.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What belongs to this code: `field`, `did_you_mean`, `current_version`, `retry_after_ms`, `by`, `path`, ...
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

impl Refusal {
    /// The code: `NOT_FOUND`, `VALIDATION`, `CONFLICT`, `FENCED`, `CLAIMED`, `BLOCKED`, `CYCLE`, `CRITERIA_OPEN`, `TOO_BIG`,
    /// `BUSY` or `UNAVAILABLE`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.code(),
            Self::Busy { .. } => "BUSY",
            Self::Unavailable { .. } => "UNAVAILABLE",
        }
    }

    /// Whether it is ours to mend and not the caller's.
    pub fn is_failure(&self) -> bool {
        !matches!(self, Self::Rejected(_))
    }

    /// As JSON, for every door alike.
    pub fn describe(&self) -> Described {
        Described { code: self.code(), message: self.to_string(), hint: self.hint(), details: self.details() }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Rejected(Rejection::NotFound { did_you_mean, .. }) if !did_you_mean.is_empty() => {
                format!("did you mean {}?", did_you_mean.join(" or "))
            }
            Self::Rejected(Rejection::NotFound { .. }) => "use find to look it up".to_owned(),
            Self::Rejected(Rejection::Fenced { .. }) => {
                "claim the task again; your earlier work on it was not recorded".to_owned()
            }
            Self::Rejected(Rejection::Claimed { .. }) => {
                "claim another task meanwhile: find with view ready".to_owned()
            }
            Self::Rejected(Rejection::Blocked { .. }) => {
                "complete or cancel those first, or remove the dependency".to_owned()
            }
            Self::Rejected(Rejection::Cycle { .. }) => "leave out one of these dependencies".to_owned(),
            _ => return None,
        };
        Some(hint)
    }

    fn details(&self) -> Map<String, Value> {
        let value = match self {
            Self::Rejected(rejection) => serde_json::to_value(rejection).unwrap_or_default(),
            Self::Busy { retry_after_ms } | Self::Unavailable { retry_after_ms, .. } => {
                serde_json::json!({ "retry_after_ms": retry_after_ms })
            }
        };
        let Value::Object(mut details) = value else { return Map::new() };
        // The tag is `code` itself, and the problem is in the message.
        details.remove("code");
        details.remove("problem");
        details
    }

    /// A value that is not what it should be.
    pub fn validation(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Rejected(Rejection::Validation { field: field.into(), problem: problem.into() })
    }
}

/// Makes free text of the domain.
pub(crate) fn text(given: &str) -> Text {
    given.into()
}
