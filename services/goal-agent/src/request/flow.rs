//! What dashboards ask.

use domain::Timestamp;

/// How work flowed in a stretch of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flow {
    /// Of this goal alone.
    pub goal: Option<String>,
    /// Where it begins: the first event, or 30 days before the end, when not given.
    pub from: Option<Timestamp>,
    /// Where it ends; now when not given.
    pub to: Option<Timestamp>,
    /// Parts, 1 to 200; 60 when not given.
    pub buckets: Option<u32>,
    /// Not older than this position.
    pub min_position: Option<u64>,
}

/// Who worked on what from when to when.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attempts {
    /// On tasks of this goal alone.
    pub goal: Option<String>,
    /// By this actor alone.
    pub actor: Option<String>,
    /// That went on at or after this time.
    pub from: Option<Timestamp>,
    /// That began before this time.
    pub to: Option<Timestamp>,
    /// At most so many, 1 to 1000.
    pub limit: Option<u32>,
    /// Not older than this position.
    pub min_position: Option<u64>,
}
