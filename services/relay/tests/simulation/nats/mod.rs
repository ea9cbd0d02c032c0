//! A model of NATS: one stream that forgets what it had not synced, connections that break, consumers that fall silent.

mod broker;
mod client;
mod stream;

mod consumer;
mod link;

pub(crate) use self::{broker::Nats, client::Client, link::Link};
