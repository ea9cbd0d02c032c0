//! The bus: NATS JetStream carries the log, position by position, so that a message's sequence is its event's position.
//!
//! This crate is the only place that spells a [`subject`], and it owns the stream's [definition](StreamDefinition), the [`headers`] of a message,
//! the [`Publisher`] and the one reader everyone uses, [`Subscription`]. Postgres is the truth and the bus a copy that may
//! be slow, cut short or gone: nothing here may ever make an event from the bus true that the log does not know.
//!
//! Read in this order: [`Subscription`] (what readers see), [`Publisher`] (what the relay does), `agreement` (how stream and log
//! are compared before either is trusted; `comparison` compares all of it), [`headers`] and [`subject`] (the wire). `nats/README.md` is the same for outsiders.

pub mod subscription;

mod feed;

pub mod publisher;

mod agreement;
mod bus;
mod comparison;
mod config;
mod definition;
mod error;
pub mod headers;
mod server;
pub mod subject;

pub use agreement::Divergence;
pub use bus::{Bus, ConnectionState};
pub use comparison::{Comparison, Difference};
pub use config::BusConfig;
pub use definition::StreamDefinition;
pub use error::{BusError, with_causes};
pub use publisher::{PublishError, Publisher};
pub use server::{Nats, Server};
pub use subscription::{Source, Subscribe, Subscription, SubscriptionError};

/// The log that a [`Subscription`] reads, for readers that need nothing else of it.
pub use event_store::Log;
