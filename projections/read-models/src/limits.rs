//! How much of everything there may be.

use std::time::Duration;

/// How long the database may take to answer one question. Its own bound of a statement is shorter.
pub const ANSWER_BOUND: Duration = Duration::from_secs(15);
/// How long a read waits for the views to reach `min_position`, when nothing else is asked for.
pub const WAIT_BOUND_DEFAULT: Duration = Duration::from_secs(1);
/// Rows of one page of goals or of `find`.
pub const PAGE_ROWS_MAX: u32 = 200;
/// Rows of a page when nothing is asked for.
pub const PAGE_ROWS_DEFAULT: u32 = 50;
/// Ids of one batch read.
pub const BATCH_IDS_MAX: usize = 100;
/// Positions of one question for changed rows.
pub const CHANGED_POSITIONS_MAX: u64 = 2_000;
/// A search text, in characters.
pub const SEARCH_CHARS_MAX: usize = 1_000;
/// Tags or statuses to filter by.
pub const FILTER_VALUES_MAX: usize = 50;
/// Tags listed.
pub const TAGS_LISTED_MAX: i64 = 1_000;
/// Comments of one subject in one answer, the newest.
pub const COMMENTS_MAX: i64 = 500;
/// Ids named in each list of [`WhyBlocked`](crate::rows::WhyBlocked).
pub const WHY_BLOCKED_TASKS_MAX: usize = 10;
/// Pieces of work that are followed from one event, up and down.
pub const LINKED_WORK_MAX: u32 = 100;
/// Names of actors that are looked at to tell who was at work lately.
pub const ACTORS_MAX: i32 = 10_000;
/// Tasks that are told of what somebody holds.
pub const HELD_TASKS_MAX: u32 = 50;
/// Ids suggested for one that does not exist.
pub const SUGGESTIONS_MAX: usize = 3;
/// An open task in work that nobody holds is stale when nothing has happened to it for so many days.
pub const STALE_AFTER_DAYS: i32 = 7;

/// Events of one page, in one transaction.
pub const PAGE_EVENTS_MAX: usize = 2_000;
/// Live rows of each table that the projecting process remembers between pages.
pub const REMEMBERED_ROWS_MAX: usize = 20_000;

/// Events of the longest page whose changed rows are kept for the live feed. A longer one is work that was left lying, which nobody waits for.
pub const TOLD_PAGE_EVENTS_MAX: usize = 256;
/// Events whose changed rows are kept until the feed takes them, and their memory in bytes, roughly.
pub const TOLD_EVENTS_MAX: usize = 1_024;
/// See [`TOLD_EVENTS_MAX`].
pub const TOLD_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How long the feed waits for a page whose projector has not been answered yet.
pub const TOLD_GRACE: Duration = Duration::from_millis(5);

/// What is sent at once while rows are copied, in bytes; a little more when the last row is long.
pub const COPY_CHUNK_BYTES: usize = 256 * 1024;

/// How long an answer may be remembered.
pub const CACHE_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// Memory of the answers of one kind that are remembered, in bytes, roughly. There are five kinds.
pub const CACHE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Ids of one question whose rows are remembered each by itself. More at once are seldom asked for again, and push out those that are.
pub const REMEMBERED_IDS_MAX: usize = 16;
/// Goals, and tasks, whose last change is remembered to judge answers by; when there are more, all answers so far are taken as too old.
pub const CHANGED_NAMES_MAX: usize = 50_000;
/// Goals and tasks named in one announcement. With more, all tasks of the goals are taken as changed, and with more goals than this every
/// answer. Keeps it below the 8,000 bytes of a NOTIFY.
pub const ANNOUNCED_NAMES_MAX: usize = 300;
/// After so long without an announcement the connection that brings them is asked whether it still lives.
pub const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long to wait before listening again after the database went away.
pub const LISTEN_RETRY_DELAY: Duration = Duration::from_millis(500);

/// With fewer hits than this, `find` looks for words that are spelt like those that were asked for.
pub const FORGIVING_BELOW: usize = 5;
/// Hits of such words, on the first page alone.
pub const NEAR_ROWS_MAX: usize = 20;
/// Words of a question that may be misspelt: a longer one is a text and not a search.
pub const FORGIVEN_WORDS_MAX: usize = 8;
/// Words that are compared with a misspelt one.
pub const RESEMBLING_WORDS_MAX: u32 = 20_000;
/// Words that are asked for in place of a misspelt one.
pub const ALIKE_WORDS_MAX: usize = 5;
/// Letters of the shortest word of a title by which misspelt words are recognised: shorter ones resemble too many others.
pub const LEARNT_LETTERS_MIN: usize = 4;
/// Letters of the longest.
pub const LEARNT_LETTERS_MAX: usize = 30;

/// How long one statement may take that indexes or compares a whole table of a large log.
pub const WHOLE_TABLE_BOUND: Duration = Duration::from_secs(60 * 60);
/// How long tables that were replaced stay, so that no reader finds them gone: a cache lifetime and more.
pub const RETIRED_GRACE: Duration = Duration::from_secs(10 * 60);
