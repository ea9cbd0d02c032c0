//! The dashboard as browsers and scripts meet it: real Postgres and NATS, the real agent, real sockets.

mod auditing;
mod commanding;
mod crowds;
mod listing;
mod manners;
mod outages;
mod page;
mod places;
mod questions;
mod resuming;
mod vocabulary;
mod watching;
mod wellbeing;

mod flowing;
mod http;
mod world;
