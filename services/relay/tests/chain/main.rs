//! The whole chain on real servers: log, relay, stream, subscriptions, while something goes wrong.
//!
//! Each test ends with the same proof: every message of the stream stands at its event's position and carries the log's bytes, and every
//! reader saw every event once, in order. Chance comes from a printed seed; set `SEED` to repeat a run.

#[cfg(test)]
mod faults;
#[cfg(test)]
mod publishing;
#[cfg(test)]
mod readers;
#[cfg(test)]
mod relays;
#[cfg(test)]
mod restored;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod stream;
#[cfg(test)]
mod world;
#[cfg(test)]
mod writer;
