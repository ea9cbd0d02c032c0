//! One moment of the views: the position, the tables that are live, and the time by which leases are judged.
//!
//! What we have heard names the tables, and each question tells beside its rows whether they are live and how far, so a question is one round
//! trip. Whoever asks several gets a transaction as soon as two answers are not of one position, or the tables are others.

use chrono::Utc;
use domain::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgPool, postgres::PgRow};
use uuid::Uuid;

use super::question::{Moment, Question, Standing};
use crate::{
    Views,
    answered::{answered, is_silence},
    catalogue::{self, Live},
    error::{NotYet, ReadError, is_broken, is_worth_another_try},
    fold::{signed, unsigned},
    limits,
    transaction::{self, Transaction},
};

/// When the answer shall be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadAt {
    /// As it was at this position; leases are then judged by that event's time.
    pub as_of: Option<u64>,
    /// Not older than this position: waited for, at most [`WAIT_BOUND_DEFAULT`](limits::WAIT_BOUND_DEFAULT).
    pub min_position: u64,
    /// The time by which leases and due dates are judged.
    pub now: Timestamp,
    /// They are judged by it also as of a position, and not by the time of the event there.
    pub by_clock: bool,
}

impl ReadAt {
    /// As it is.
    pub fn latest(now: Timestamp) -> Self {
        Self { as_of: None, min_position: 0, now, by_clock: false }
    }

    /// As it is, with everything up to a position in it.
    pub fn after(min_position: u64, now: Timestamp) -> Self {
        Self { as_of: None, min_position, now, by_clock: false }
    }

    /// As it was.
    pub fn as_of(position: u64, now: Timestamp) -> Self {
        Self { as_of: Some(position), min_position: position, now, by_clock: false }
    }

    /// As it was at a time, which this position is the last of.
    pub fn at(position: u64, time: Timestamp) -> Self {
        Self { by_clock: true, ..Self::as_of(position, time) }
    }
}

/// An answer and the position it is true for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer<T> {
    /// The position.
    pub position: u64,
    /// The log's epoch.
    pub epoch: Uuid,
    /// What was asked for.
    pub value: T,
}

impl<T> Answer<T> {
    /// The same answer, said in another shape.
    pub fn map<U>(self, shape: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { position: self.position, epoch: self.epoch, value: shape(self.value) }
    }
}

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

pub(crate) struct Snapshot {
    ground: Ground,
    pool: PgPool,
    live: Live,
    moment: Moment,
    /// The time by which leases are judged.
    pub(crate) at: Timestamp,
    next_lease_end: NextLeaseEnd,
}

/// When the next of all leases ends, beside what is asked first.
#[derive(Clone, Copy)]
enum NextLeaseEnd {
    /// Not asked, or not told.
    Unknown,
    /// To be asked with the first question.
    Wanted,
    Known(Option<Timestamp>),
}

/// What holds its questions together.
enum Ground {
    /// Each says for which position it is true.
    Heard {
        /// Whether one has been answered, and the next ones have to be true for its position.
        answered: bool,
    },
    /// One transaction.
    Held(Transaction),
}

impl Views {
    /// Waits for what was asked for, as long as a read may; what is answered has it.
    pub(crate) async fn snapshot(&self, read: &ReadAt) -> Result<Snapshot, ReadError> {
        let asked = read.min_position.max(read.as_of.unwrap_or(0));
        // Not there in time as far as we have heard; the database itself tells for certain.
        let _heard = self.wait_for(asked, limits::WAIT_BOUND_DEFAULT).await;
        let pool = self.inner.pool.clone();
        let heard = self.inner.reached.live_at(asked).filter(|_| read.as_of.is_none());
        if let Some((generations, checkpoint)) = heard {
            let live = Live { generations, checkpoint, epoch: self.epoch(), is_ours: true };
            let ground = Ground::Heard { answered: false };
            let next_lease_end = NextLeaseEnd::Unknown;
            return Ok(Snapshot { ground, pool, live, moment: Moment::Live, at: read.now, next_lease_end });
        }
        let (transaction, live) = hold(&pool, asked).await?;
        let moment = moment(read.as_of, &live);
        let (ground, next_lease_end) = (Ground::Held(transaction), NextLeaseEnd::Unknown);
        let mut snapshot = Snapshot { ground, pool, live, moment, at: read.now, next_lease_end };
        if let Some(position) = read.as_of.filter(|_| !read.by_clock) {
            snapshot.at = snapshot.recorded_at(position).await?.unwrap_or(read.now);
        }
        Ok(snapshot)
    }

    /// The last position recorded at or before a moment; 0 when there is none.
    ///
    /// # Errors
    /// The database failed us.
    pub async fn position_at(&self, moment: Timestamp) -> Result<u64, ReadError> {
        let mut snapshot = self.snapshot(&ReadAt::latest(moment)).await?;
        let found: Vec<(i64,)> = snapshot.rows(last_recorded).await?;
        Ok(found.first().map_or(0, |(position,)| unsigned(*position)))
    }

    /// When the event at a position was recorded; `None` when there is none.
    ///
    /// # Errors
    /// The views are not that far, or the database failed us.
    pub async fn time_of(&self, position: u64) -> Result<Option<Timestamp>, ReadError> {
        self.snapshot(&ReadAt::after(position, Timestamp::UNIX_EPOCH)).await?.recorded_at(position).await
    }
}

impl Snapshot {
    /// The position that what was answered is true for.
    pub(crate) fn position(&self) -> u64 {
        match self.moment {
            Moment::At(position) => unsigned(position),
            Moment::Live => self.live.checkpoint,
        }
    }

    pub(crate) fn epoch(&self) -> Uuid {
        self.live.epoch
    }

    /// The newest generation of the tables that are asked.
    pub(crate) fn generation(&self) -> i32 {
        self.live.generations.newest()
    }

    pub(crate) fn answer<T>(&self, value: T) -> Answer<T> {
        Answer { position: self.position(), epoch: self.epoch(), value }
    }

    /// Has the first question tell when the next lease ends.
    pub(crate) fn want_next_lease_end(&mut self) {
        self.next_lease_end = NextLeaseEnd::Wanted;
    }

    /// When the next of all leases ends, if it was told with what was answered.
    pub(crate) fn next_lease_end(&self) -> Option<Option<Timestamp>> {
        match self.next_lease_end {
            NextLeaseEnd::Known(end) => Some(end),
            NextLeaseEnd::Unknown | NextLeaseEnd::Wanted => None,
        }
    }

    /// What a question finds.
    pub(crate) async fn rows<R>(&mut self, ask: impl Fn(&mut Question)) -> Result<Vec<R>, ReadError>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let mut transaction = match std::mem::replace(&mut self.ground, Ground::Heard { answered: true }) {
            Ground::Held(transaction) => transaction,
            Ground::Heard { answered } => match self.rows_heard(answered, &ask).await? {
                Some(rows) => return Ok(rows),
                None => self.hold_on(answered).await?,
            },
        };
        let mut question = Question::new(self.live.generations.clone(), self.moment, self.at);
        ask(&mut question);
        let rows = question.rows(&mut transaction).await;
        self.ground = Ground::Held(transaction);
        Ok(rows?)
    }

    /// What it finds without a transaction; `None` when that may not belong to what was answered before.
    async fn rows_heard<R>(&mut self, answered: bool, ask: &impl Fn(&mut Question)) -> Result<Option<Vec<R>>, ReadError>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let wanted = matches!(self.next_lease_end, NextLeaseEnd::Wanted);
        let mut question = Question::with_standing(self.live.generations.clone(), self.at, wanted);
        ask(&mut question);
        match question.rows_and_standing(&self.pool).await {
            Ok((rows, Standing { checkpoint: Some(checkpoint), next_lease_end }))
                if self.goes_on_at(checkpoint, answered) =>
            {
                if wanted {
                    self.next_lease_end = NextLeaseEnd::Known(next_lease_end);
                }
                Ok(Some(rows))
            }
            Err(error) if !is_worth_another_try(&error) => Err(error.into()),
            _ => Ok(None),
        }
    }

    /// Whether an answer for that position belongs to what was answered before.
    fn goes_on_at(&mut self, checkpoint: u64, answered: bool) -> bool {
        let goes_on = checkpoint == self.live.checkpoint || (!answered && checkpoint > self.live.checkpoint);
        if goes_on {
            self.live.checkpoint = checkpoint;
        }
        goes_on
    }

    /// A transaction at the position of what has been answered.
    async fn hold_on(&mut self, answered: bool) -> Result<Transaction, ReadError> {
        let asked = self.live.checkpoint;
        self.next_lease_end = NextLeaseEnd::Unknown;
        let (transaction, live) = hold(&self.pool, asked).await?;
        (self.moment, self.live) = (moment(answered.then_some(asked), &live), live);
        Ok(transaction)
    }

    async fn recorded_at(&mut self, position: u64) -> Result<Option<Timestamp>, ReadError> {
        let ask = |question: &mut Question| {
            question.add("SELECT recorded_at FROM {positions} p WHERE position = ").bind(signed(position));
        };
        let found: Vec<(chrono::DateTime<Utc>,)> = self.rows(ask).await?;
        Ok(found.first().map(|(at,)| *at))
    }
}

/// The last position of that time or before. Time never goes back in the log, so it is where the index of times says; by the largest position
/// Postgres would go back over everything newer.
pub(super) fn last_recorded(question: &mut Question) {
    question
        .add("SELECT position FROM {positions} p WHERE recorded_at <= {now} ORDER BY recorded_at DESC, position DESC");
    question.limit(1);
}

/// Opens a transaction in which the views hold that position.
async fn hold(pool: &PgPool, asked: u64) -> Result<(Transaction, Live), ReadError> {
    let mut transaction = begin(pool).await?;
    let live = catalogue::live(&mut **transaction).await?.ok_or(ReadError::NoCatalogue)?;
    match live.checkpoint < asked {
        true => Err(NotYet { asked, reached: live.checkpoint }.into()),
        false => Ok((transaction, live)),
    }
}

/// Connections that broke in the last moments are found out one by one.
async fn begin(pool: &PgPool) -> sqlx::Result<Transaction> {
    let mut tries = pool.options().get_max_connections();
    loop {
        match answered(transaction::begin(pool, BEGIN)).await {
            Err(error) if tries > 0 && is_broken(&error) && !is_silence(&error) => tries -= 1,
            begun => return begun,
        }
    }
}

/// The newest position is the live rows, for which there are better indexes.
fn moment(as_of: Option<u64>, live: &Live) -> Moment {
    match as_of {
        Some(position) if position < live.checkpoint => Moment::At(signed(position)),
        _ => Moment::Live,
    }
}
