//! Feeds the read models from the bus, and rebuilds them.
//!
//! One loop: a page from the [`Subscription`](event_bus::Subscription), into the views, again. It holds no state of its own: the checkpoint is in the
//! views' transaction, so it may be killed at any moment, and several may run at once. What it must never do is skip an event.
//!
//! Order and limits: one page is on its way at a time, of at most [`PAGE_EVENTS_MAX`](read_models::limits::PAGE_EVENTS_MAX) events
//! when behind and of whatever is there when live. A database that is away is waited for, longer each time, without end; an event that
//! cannot be projected stops the projection until somebody has looked.
//!
//! Where to look next: [`Projector::run`], [`rebuild`], and `read_models` for what happens to a page.

mod health;
mod metric;
mod rebuild;
mod run;
mod statistics;
mod trace;

pub use health::Projection;
pub use rebuild::rebuild;
pub use run::{Projector, ProjectorError};
