//! How much of everything there may be. Checked by the decisions, and again by the database.

/// A title, in characters after trimming.
pub const TITLE_CHARS_MAX: usize = 200;
/// A description or a comment, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// A criterion, a result, a reason or a piece of evidence, in bytes of UTF-8.
pub const NOTE_BYTES_MAX: usize = 16 * 1024;
/// One event with its headers, in bytes as stored.
pub const EVENT_BYTES_MAX: usize = 256 * 1024;
/// What [`EVENT_BYTES_MAX`] leaves for the payload once headers are paid for, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = EVENT_BYTES_MAX - 8 * 1024;
/// Tasks in one goal, archived ones included.
pub const TASKS_PER_GOAL_MAX: usize = 10_000;
/// Levels of tasks below a goal.
pub const TASK_DEPTH_MAX: usize = 16;
/// Dependencies of one task.
pub const DEPENDENCIES_PER_TASK_MAX: usize = 1_000;
/// A tag, in characters.
pub const TAG_CHARS_MAX: usize = 50;
/// Tags on one goal or task.
pub const TAGS_MAX: usize = 50;
/// Criteria of one task.
pub const CRITERIA_PER_TASK_MAX: usize = 100;
/// Links of one goal or task.
pub const LINKS_MAX: usize = 200;
/// The address of a link, in bytes.
pub const LINK_BYTES_MAX: usize = 2_048;
/// Pieces of evidence for one completion.
pub const EVIDENCE_MAX: usize = 50;
/// Metadata keys of one goal or task.
pub const METADATA_KEYS_MAX: usize = 100;
/// A metadata key, in characters.
pub const METADATA_KEY_CHARS_MAX: usize = 100;
/// A metadata value, in bytes of JSON.
pub const METADATA_VALUE_BYTES_MAX: usize = 16 * 1024;
/// Levels of lists and objects in a metadata value. JSON readers give up somewhere beyond a hundred, and what is stored must be
/// readable for ever, also inside the frames that carry it.
pub const METADATA_DEPTH_MAX: usize = 32;
/// A local key, an assignee or a holder, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// An estimate: ten years of minutes.
pub const ESTIMATE_MINUTES_MAX: u32 = 10 * 366 * 24 * 60;
/// The shortest lease, in seconds.
pub const LEASE_SECONDS_MIN: u64 = 1;
/// The longest lease: a week, in seconds.
pub const LEASE_SECONDS_MAX: u64 = 7 * 24 * 60 * 60;
/// The lease when none is asked for, in seconds.
pub const LEASE_SECONDS_DEFAULT: u64 = 900;
