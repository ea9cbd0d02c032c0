//! What dashboards are answered.

use domain::Timestamp;
use read_models::{ActorRow, AttemptRow, FlowBucket};
use schemars::JsonSchema;
use serde::Serialize;

/// How work flowed in a stretch of time.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Flow {
    /// What it is true for.
    pub position: u64,
    /// Where it begins.
    pub from: Timestamp,
    /// Where it ends.
    pub to: Timestamp,
    /// Seconds of each part.
    pub bucket_s: f64,
    /// The parts, the earliest first.
    pub buckets: Vec<FlowBucket>,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Actors {
    /// What it is true for.
    pub position: u64,
    /// Most lately first.
    pub agents: Vec<ActorRow>,
}

/// Who worked on what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attempts {
    /// What it is true for.
    pub position: u64,
    /// The latest first.
    pub attempts: Vec<AttemptRow>,
}
