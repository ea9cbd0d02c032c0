//! A model of Postgres: the tables and the two functions, connections that fail in every way, readers, notifications.

mod server;
mod tables;

mod announcer;
mod reader;

pub(crate) use self::{
    announcer::Announcer,
    reader::{EPOCH, ModelLog},
    server::Postgres,
    tables::is_unstorable,
};
