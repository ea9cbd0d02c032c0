//! The server: transactions that wait for each other at the head row, and connections that break at any point of one.

use std::{
    borrow::Cow,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use domain::{Recorded, Timestamp};
use event_store::{
    Outcome, Stack,
    batcher::{Database, Submission},
};
use sqlx::error::{DatabaseError, ErrorKind};
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};

use super::tables::{Change, Refusal, Tables};
use crate::{flaw::Flaw, world::World};

/// How long the batcher waits for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a request of a connection that is gone may still lie around before it is carried out.
const ORPHAN_DELAY_MAX: Duration = Duration::from_secs(4);
/// What Postgres says when it cannot serve: going away, full, cancelled, not the primary.
const OUT_OF_SERVICE: [&str; 5] = ["57P01", "53300", "57014", "25006", "40001"];

type Answer = Result<Vec<Outcome>, sqlx::Error>;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Postgres(Arc<Shared>);

struct Shared {
    world: World,
    tables: Mutex<Tables>,
    /// The lock of `es_head`'s row: whoever waits for it waits in a queue.
    head_row: tokio::sync::Mutex<()>,
    /// Uncommitted rows, for the flaw that reads them.
    uncommitted: Mutex<Vec<Recorded>>,
    listeners: Mutex<Vec<mpsc::UnboundedSender<u64>>>,
    /// A crash ends every transaction of the boot before.
    boot: AtomicU64,
    is_down: AtomicBool,
    clock_off_ms: AtomicI64,
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answered,
    /// The connection breaks before Postgres has read anything.
    NeverArrives,
    /// The connection breaks, or Postgres gives up, before the commit.
    RolledBack,
    /// The connection breaks after the commit.
    AnswerLost,
    /// The peer vanishes: committed, and not a word.
    NoWord,
    /// The connection breaks at once; Postgres finds the request later, and carries it out.
    Orphaned,
    /// Postgres says that it cannot serve, and does nothing.
    OutOfService,
}

impl Postgres {
    pub(crate) fn new(world: World) -> Self {
        Self(Arc::new(Shared {
            tables: Mutex::new(Tables::new(world.clone())),
            world,
            head_row: tokio::sync::Mutex::default(),
            uncommitted: Mutex::default(),
            listeners: Mutex::default(),
            boot: AtomicU64::default(),
            is_down: AtomicBool::default(),
            clock_off_ms: AtomicI64::default(),
        }))
    }

    /// Rolls back what is not committed and cuts every connection.
    pub(crate) fn crash(&self) {
        self.0.boot.fetch_add(1, Relaxed);
        self.0.is_down.store(true, Relaxed);
    }

    pub(crate) fn start(&self) {
        self.0.is_down.store(false, Relaxed);
    }

    pub(crate) fn is_down(&self) -> bool {
        self.0.is_down.load(Relaxed)
    }

    /// How often it was started again.
    pub(crate) fn boots(&self) -> u64 {
        self.0.boot.load(Relaxed)
    }

    pub(crate) fn set_clock(&self, off_ms: i64) {
        self.0.clock_off_ms.store(off_ms, Relaxed);
    }

    /// Every commit's position, from now on.
    pub(crate) fn listen(&self) -> mpsc::UnboundedReceiver<u64> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut listeners = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| !listener.is_closed());
        listeners.push(sender);
        receiver
    }

    pub(crate) fn head(&self) -> u64 {
        self.tables().last()
    }

    pub(crate) fn event(&self, position: u64) -> Option<Recorded> {
        self.tables().event(position).cloned()
    }

    /// Judges an event against the log without copying it.
    pub(crate) fn holds(&self, position: u64, test: impl FnOnce(&Recorded) -> bool) -> bool {
        self.tables().event(position).is_some_and(test)
    }

    /// All that is committed, by position.
    pub(crate) fn events(&self) -> Vec<Option<Recorded>> {
        self.tables().events().to_vec()
    }

    /// At most so many committed events behind a position, as a query finds them: a hole is passed over.
    pub(super) fn page(&self, after: u64, limit: usize) -> Vec<Recorded> {
        let tables = self.tables();
        let behind = tables.events().iter().skip(after as usize).flatten();
        let mut page: Vec<Recorded> = behind.take(limit).cloned().collect();
        if self.0.world.has(Flaw::ReadsUncommitted) {
            let uncommitted = self.0.uncommitted.lock().unwrap_or_else(PoisonError::into_inner);
            page.extend(uncommitted.iter().filter(|row| row.position > tables.last().max(after)).cloned());
        }
        page
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clock(&self) -> Timestamp {
        let off = self.0.clock_off_ms.load(Relaxed);
        let behind = Duration::from_millis(off.min(0).unsigned_abs());
        let ahead = Duration::from_millis(off.max(0).unsigned_abs());
        // A day after the epoch, so that no clock goes below it.
        Timestamp::UNIX_EPOCH + Duration::from_secs(86_400) + self.0.world.now() + ahead - behind
    }

    fn fate(&self) -> Fate {
        if !self.0.world.fails(6) {
            return Fate::Answered;
        }
        match self.0.world.below(12) {
            0 | 1 => Fate::NeverArrives,
            2 | 3 => Fate::RolledBack,
            4..=6 => Fate::AnswerLost,
            7 => Fate::NoWord,
            8 | 9 => Fate::Orphaned,
            _ => Fate::OutOfService,
        }
    }

    /// The server's side of a call. It goes on when its caller has left.
    async fn serve(self, call: Call, fate: Fate, answer: oneshot::Sender<Answer>) {
        let world = &self.0.world;
        let mut answer = Some(answer);
        let boot = self.boots();
        world.moment().await;
        match fate {
            Fate::NeverArrives => return,
            Fate::OutOfService => return send(&mut answer, Err(out_of_service(world))),
            Fate::Orphaned => {
                answer = None;
                world.pause(ORPHAN_DELAY_MAX).await;
            }
            _ => {}
        }
        let result = self.transaction(&call, fate, boot, &mut answer).await;
        world.moment().await;
        match fate {
            Fate::AnswerLost => {}
            Fate::NoWord => sleep(ANSWER_TIMEOUT).await,
            _ => send(&mut answer, result),
        }
    }

    async fn transaction(
        &self,
        call: &Call,
        fate: Fate,
        boot: u64,
        answer: &mut Option<oneshot::Sender<Answer>>,
    ) -> Answer {
        let world = &self.0.world;
        let mut lock = Some(self.0.head_row.lock().await);
        if self.has_crashed_since(boot) {
            return Err(cut());
        }
        world.step(if call.checked { "append checked" } else { "append fast" }, call.stacks.len() as u64);
        let change = self.tables().judge(&call.stacks, call.checked, self.clock()).map_err(refused)?;
        *self.uncommitted() = change.rows.clone();
        if world.has(Flaw::UnlocksBeforeTheCommit) {
            lock.take();
        }
        if world.has(Flaw::AnswersBeforeTheCommit) {
            send(answer, Ok(change.outcomes.clone()));
        }
        world.moment().await;
        self.uncommitted().clear();
        if fate == Fate::RolledBack || self.has_crashed_since(boot) {
            self.roll_back(change);
            return Err(cut());
        }
        Ok(self.commit(change))
    }

    fn commit(&self, change: Change) -> Vec<Outcome> {
        let (outcomes, stored) = (change.outcomes.clone(), change.rows.len());
        let mut tables = self.tables();
        tables.commit(change);
        let head = tables.last();
        drop(tables);
        self.0.world.step("commit", head);
        if stored > 0 {
            let listeners = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner);
            for listener in listeners.iter() {
                // A node that was killed hears nothing.
                let _ = listener.send(head);
            }
        }
        outcomes
    }

    fn roll_back(&self, mut change: Change) {
        self.0.world.step("roll back", change.rows.len() as u64);
        if self.0.world.has(Flaw::StoresAPart) {
            change.rows.truncate(change.rows.len() / 2);
            self.tables().insert(change.rows);
        }
    }

    fn has_crashed_since(&self, boot: u64) -> bool {
        self.boots() != boot
    }

    fn uncommitted(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.0.uncommitted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection of the batcher.
pub(crate) struct Connection {
    postgres: Postgres,
    boot: u64,
}

/// What was sent.
struct Call {
    stacks: Vec<Stack>,
    checked: bool,
}

impl Database for Postgres {
    type Connection = Connection;

    async fn connect(&self) -> Result<Connection, sqlx::Error> {
        self.0.world.step("connect", 0);
        self.0.world.moment().await;
        if self.is_down() || self.0.world.fails(30) {
            return Err(cut());
        }
        Ok(Connection { postgres: self.clone(), boot: self.boots() })
    }

    async fn append_fast(connection: &mut Connection, submissions: &[Submission]) -> Answer {
        let stacks = submissions.iter().map(|submission| submission.stack().clone()).collect();
        connection.call(Call { stacks, checked: false }).await
    }

    async fn append_checked(connection: &mut Connection, submissions: &[Submission]) -> Answer {
        let world = connection.postgres.0.world.clone();
        let mut stacks: Vec<Stack> = submissions.iter().map(|submission| submission.stack().clone()).collect();
        if world.has(Flaw::RetriesAsNewCommands) {
            let commands = stacks.iter_mut().flat_map(|stack| &mut stack.commands);
            commands.for_each(|command| command.command_id = world.uuid());
        }
        connection.call(Call { stacks, checked: !world.has(Flaw::RetriesTheFastFunction) }).await
    }
}

impl Connection {
    async fn call(&self, call: Call) -> Answer {
        let world = &self.postgres.0.world;
        world.step("call", call.stacks.len() as u64);
        if self.postgres.has_crashed_since(self.boot) {
            return Err(cut());
        }
        let (sender, answer) = oneshot::channel();
        tokio::spawn(self.postgres.clone().serve(call, self.postgres.fate(), sender));
        let mut outcomes = match timeout(ANSWER_TIMEOUT, answer).await {
            Ok(Ok(answer)) => answer?,
            Ok(Err(_)) => return Err(cut()),
            Err(_) => return Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
        };
        if world.has(Flaw::MixesUpAnswers) {
            outcomes.rotate_left(1);
        }
        Ok(outcomes)
    }
}

fn send(to: &mut Option<oneshot::Sender<Answer>>, answer: Answer) {
    // Whoever asked may have left.
    let _ = to.take().map(|to| to.send(answer));
}

/// What a broken connection says.
fn cut() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into())
}

fn out_of_service(world: &World) -> sqlx::Error {
    let code = OUT_OF_SERVICE[world.below(OUT_OF_SERVICE.len() as u64) as usize];
    sqlx::Error::Database(Box::new(Said(code)))
}

fn refused(refusal: Refusal) -> sqlx::Error {
    sqlx::Error::Database(Box::new(Said(match refusal {
        Refusal::Taken => "23505",
        Refusal::Unstorable => "23514",
    })))
}

/// An error of Postgres, by its SQLSTATE.
#[derive(Debug)]
struct Said(&'static str);

impl fmt::Display for Said {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the model says {}", self.0)
    }
}

impl std::error::Error for Said {}

impl DatabaseError for Said {
    fn message(&self) -> &str {
        "the model refused"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self.0))
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        if self.0 == "23505" { ErrorKind::UniqueViolation } else { ErrorKind::Other }
    }
}
