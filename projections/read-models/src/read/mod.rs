//! Queries. Each is answered from one snapshot of the database, so what it returns is true for exactly one position, which it names.

mod actors;
mod amounts;
mod attempts;
mod changed;
mod comments;
mod created;
pub(crate) mod cursor;
mod filters;
pub(crate) mod find;
mod flow;
mod goals;
mod happenings;
mod lapsed;
mod nearest;
mod objects;
mod question;
mod readiness;
pub(crate) mod records;
mod remembered;
mod snapshot;
mod tags;
mod tasks;
pub(crate) mod terms;
mod words;

pub use actors::{ActorRow, HeldTask};
pub use amounts::Amounts;
pub use attempts::{AttemptRow, AttemptsRequest, Ended};
pub use find::{FindPage, FindRequest, FindView, Portion, TasksPage};
pub use flow::{FlowBucket, FlowRequest};
pub use goals::{GoalTree, GoalsPage, GoalsRequest};
pub use happenings::{Happening, HappeningsRequest};
pub use lapsed::LapsedClaim;
pub use objects::{Objects, ObjectsRequest};
pub use snapshot::{Answer, ReadAt};
pub use tasks::TaskStanding;
