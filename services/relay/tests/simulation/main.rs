//! The batcher, the relay and the subscription, exactly as they are in production, over models of Postgres and NATS, in a time and
//! with a chance that a seed decides.
//!
//! What the other tests prove about real servers they prove for the few orders of events that a machine happens to produce. Here a
//! run takes some milliseconds and any order can come up: answers lost before and after the commit, a tail that NATS forgot, zombies
//! that store late. `docs/adr/0008` says why models are allowed for exactly this.
//!
//! Read in this order: [`run`] (one seed), [`promise`] (what has to hold), [`flaw`] (what has to be caught), `tests`, then the
//! models [`postgres`] and [`nats`], and who uses them: [`writer`], [`node`], [`follower`], [`weather`].
//!
//! Order: one thread, virtual time; every choice comes from one generator, and whatever waits for the same thing waits in a queue.
//! So a seed is a run: `SEED=7 cargo test -p relay --test simulation` repeats it, and a failure shows its last steps.

#[cfg(test)]
mod run;
#[cfg(test)]
mod tests;

#[cfg(test)]
mod follower;
#[cfg(test)]
mod node;
#[cfg(test)]
mod weather;
#[cfg(test)]
mod writer;

#[cfg(test)]
mod nats;
#[cfg(test)]
mod postgres;

#[cfg(test)]
mod chance;
#[cfg(test)]
mod flaw;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod promise;
#[cfg(test)]
mod world;
