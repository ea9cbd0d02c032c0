//! One goal, one lane: commands of a goal queue here and are decided on top of each other.
//!
//! Order: first come, first decided. What is waiting when the lane gets its turn becomes one stack, stored whole in one append, so that
//! many agents on one goal cost one round trip together. A stack that loses against another node is decided again on the newer state.
//! Any answer other than "stored" is given only after asking the log for the command id and for newer events, so that a node
//! that has fallen behind never refuses wrongly, and a repetition always gets its first receipt.
//!
//! Callers that send one request several times at once get one answer: a stack holds each command id once, and the others wait for what
//! became of it.
//!
//! Limits: [`WAITING_MAX`] commands in all lanes together, [`STACK_MAX`] in one stack, [`DECISIONS_MAX`] decisions of one command.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use cqrs_es::{Aggregate, event_sink::EventSink};
use domain::{Goal, GoalEvent, GoalId, Instruction, Recorded, Rejection};
use event_store::{AppendError, GoalStore, LoadedGoal, NewCommand, NewEvent, Outcome, Receipt, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use uuid::Uuid;

use crate::{
    order::{self, Asked, Done, Order},
    refusal::Refusal,
    undo,
};

/// Commands that may wait in all lanes together; more are told BUSY at once.
pub(crate) const WAITING_MAX: usize = 4_096;
/// Commands decided on top of each other and stored as one.
const STACK_MAX: usize = 128;
/// How often one command is decided before its caller is told to come back: each time another node was faster.
const DECISIONS_MAX: usize = 30;
/// What we suggest to callers that found us full or the log away.
pub(crate) const RETRY_AFTER_MS: u64 = 250;

/// All lanes. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Lanes {
    store: GoalStore,
    queues: Arc<Mutex<BTreeMap<GoalId, VecDeque<Job>>>>,
    places: Arc<Semaphore>,
}

struct Job {
    order: Order,
    answer: oneshot::Sender<Result<Done, Refusal>>,
    _place: OwnedSemaphorePermit,
}

/// What the domain made of a job.
enum Decision {
    /// These events, which led to this state.
    Events(Done),
    /// No, or nothing to do: true for the state it was decided on.
    Settled(Result<Done, Refusal>),
}

impl Lanes {
    pub(crate) fn new(store: GoalStore) -> Self {
        Self { store, queues: Arc::default(), places: Arc::new(Semaphore::new(WAITING_MAX)) }
    }

    pub(crate) fn store(&self) -> &GoalStore {
        &self.store
    }

    /// Has an order carried out; returns when it is durable, or known to be refused.
    pub(crate) async fn execute(&self, order: Order) -> Result<Done, Refusal> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| Refusal::Busy { retry_after_ms: RETRY_AFTER_MS })?;
        let (answer, answered) = oneshot::channel();
        self.enqueue(Job { order, answer, _place: place });
        answered.await.unwrap_or_else(|_| Err(unavailable("the command was dropped while it was being decided")))
    }

    fn enqueue(&self, job: Job) {
        let goal = job.order.goal;
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = !queues.contains_key(&goal);
        queues.entry(goal).or_default().push_back(job);
        drop(queues);
        if idle {
            let lane = Lane { goal, lanes: self.clone(), finished: false };
            tokio::spawn(lane.run());
        }
    }
}

/// The task that works off one goal's queue. It ends, and the queue with it, when there is nothing left to do.
struct Lane {
    goal: GoalId,
    lanes: Lanes,
    /// The queue is gone already, and may by now be another lane's.
    finished: bool,
}

impl Drop for Lane {
    /// Also when a decision panicked: the queue must not stay behind with nobody to work it off.
    fn drop(&mut self) {
        if !self.finished {
            self.lanes.queues.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.goal);
        }
    }
}

impl Lane {
    async fn run(mut self) {
        while let Some(jobs) = self.next_jobs() {
            self.serve(jobs).await;
        }
        self.finished = true;
    }

    fn next_jobs(&self) -> Option<Vec<Job>> {
        let mut queues = self.lanes.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.get_mut(&self.goal)?;
        if queue.is_empty() {
            queues.remove(&self.goal);
            return None;
        }
        let count = queue.len().min(STACK_MAX);
        Some(queue.drain(..count).collect())
    }

    async fn serve(&self, mut jobs: Vec<Job>) {
        let store = &self.lanes.store;
        let mut known = match store.load(self.goal).await {
            Ok(known) => known,
            Err(error) => return answer_all(jobs, &failed(&error)),
        };
        for _ in 0..DECISIONS_MAX {
            if jobs.is_empty() {
                return;
            }
            jobs = match self.decide_and_append(&mut known, jobs).await {
                Ok(jobs) => jobs,
                Err((jobs, refusal)) => return answer_all(jobs, &refusal),
            };
        }
        answer_all(jobs, &unavailable("others are writing to this goal all the time"));
    }

    /// Decides all jobs on top of what is known, stores what they led to, and answers those that are settled. Gives back those that
    /// have to be decided again, with `known` brought up to date.
    async fn decide_and_append(&self, known: &mut LoadedGoal, jobs: Vec<Job>) -> Result<Vec<Job>, (Vec<Job>, Refusal)> {
        let Decided { stack, settled, twins } = decide_all(&known.goal, jobs).await;
        // What the settled ones are told is true for this state, however much is known by the time they are told.
        let settled_on = stack.last().map_or(known.goal.sequence, |(_, led)| led.goal.sequence);
        let (mut again, settled) = match self.append(known, stack).await {
            // The stack is not what the log holds, so neither is the state that the others were settled on.
            Ok((again, false)) => (again.into_iter().chain(settled.into_iter().map(|(job, _)| job)).collect(), vec![]),
            Ok((again, true)) => (again, settled),
            Err((jobs, refusal)) => {
                answer_all(jobs, &refusal);
                return Err((settled.into_iter().map(|(job, _)| job).chain(twins).collect(), refusal));
            }
        };
        // All is stored and answered, and nobody has to know what the goal is by now: it need not be in the cache any more.
        if again.is_empty() && settled.is_empty() && twins.is_empty() {
            return Ok(again);
        }
        let newest = if again.is_empty() {
            self.lanes.store.load(self.goal).await
        } else {
            self.lanes.store.catch_up(known).await
        };
        match newest {
            Ok(newest) => *known = newest,
            Err(error) => {
                again.extend(settled.into_iter().map(|(job, _)| job).chain(twins));
                return Err((again, failed(&error)));
            }
        }
        for (job, result) in settled {
            again.extend(self.confirm(known, settled_on, job, result).await);
        }
        for job in twins {
            again.extend(self.follow_twin(job).await);
        }
        Ok(again)
    }

    /// Answers a job as the one with the same command id was answered. Gives it back when nothing of that one is stored: then it has to
    /// be decided like any other.
    async fn follow_twin(&self, job: Job) -> Option<Job> {
        match self.lanes.store.log().find_command(job.order.command_id).await {
            Err(error) => job.answer(Err(failed(&error))),
            Ok(None) => return Some(job),
            Ok(Some(stored)) => {
                let repeated = self.repeated(&job.order, None, Some(stored)).await;
                job.answer(repeated);
            }
        }
        None
    }

    /// Stores a stack. Answers its jobs, but for those that have to be decided again; says whether all of it was stored, now and as it was
    /// decided: a repetition's first answer came of another state.
    async fn append(
        &self,
        known: &LoadedGoal,
        stack: Vec<(Job, Done)>,
    ) -> Result<(Vec<Job>, bool), (Vec<Job>, Refusal)> {
        let Some((_, last)) = stack.last() else { return Ok((Vec::new(), true)) };
        metrics::histogram!("goal_stack_commands").record(stack.len() as f64);
        let commands: Result<Vec<NewCommand>, _> =
            stack.iter().map(|(job, led)| new_command(&job.order, led)).collect();
        let outcomes = match commands {
            Ok(commands) => self.lanes.store.append(known, last.goal.clone(), commands).await,
            Err(error) => Err(AppendError::Invalid { reason: error.to_string() }),
        };
        let outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(error @ (AppendError::TooBig { .. } | AppendError::Invalid { .. })) => {
                return self.append_half(known, stack, &error).await;
            }
            Err(error) => return Err((stack.into_iter().map(|(job, _)| job).collect(), append_failed(&error))),
        };
        let (mut again, mut as_decided) = (Vec::new(), true);
        for ((job, led), outcome) in stack.into_iter().zip(outcomes) {
            as_decided &= matches!(outcome, Outcome::Appended(_));
            match outcome {
                Outcome::Appended(receipt) => job.answer(Ok(Done { receipt: Some(receipt), ..led })),
                Outcome::Duplicate(receipt) => {
                    let repeated = self.repeated(&job.order, Some(receipt), None).await;
                    job.answer(repeated);
                }
                Outcome::Conflict { .. } => again.push(job),
            }
        }
        Ok((again, as_decided))
    }

    /// Some of a stack cannot be stored, or all of it together is too much. Whoever it is about finds itself alone in the end; what is
    /// not tried here has to be decided again.
    async fn append_half(
        &self,
        known: &LoadedGoal,
        mut stack: Vec<(Job, Done)>,
        error: &AppendError,
    ) -> Result<(Vec<Job>, bool), (Vec<Job>, Refusal)> {
        let rest = stack.split_off(stack.len().div_ceil(2));
        if rest.is_empty() {
            stack.into_iter().for_each(|(job, _)| job.answer(Err(append_failed(error))));
            return Ok((Vec::new(), false));
        }
        let rest = rest.into_iter().map(|(job, _)| job);
        match Box::pin(self.append(known, stack)).await {
            Ok((again, _)) => Ok((again.into_iter().chain(rest).collect(), false)),
            Err((jobs, refusal)) => Err((jobs.into_iter().chain(rest).collect(), refusal)),
        }
    }

    /// Answers a job that led to nothing, once the log has said that this is no repetition and that nothing has happened since. Gives
    /// it back when something has.
    async fn confirm(
        &self,
        known: &mut LoadedGoal,
        settled_on: u64,
        job: Job,
        result: Result<Done, Refusal>,
    ) -> Option<Job> {
        match self.lanes.store.look_up(job.order.command_id, known).await {
            Err(error) => job.answer(Err(failed(&error))),
            Ok((Some(stored), _)) => {
                let repeated = self.repeated(&job.order, None, Some(stored)).await;
                job.answer(repeated);
            }
            Ok((None, newest)) if newest.goal.sequence > settled_on => {
                *known = newest;
                return Some(job);
            }
            Ok((None, _)) => job.answer(result),
        }
        None
    }

    /// The first answer again: its receipt, its ids, and the goal as it stands now.
    async fn repeated(
        &self,
        order: &Order,
        receipt: Option<Receipt>,
        stored: Option<Vec<Recorded>>,
    ) -> Result<Done, Refusal> {
        let store = &self.lanes.store;
        let stored = match stored {
            Some(stored) => stored,
            None => {
                store.log().find_command(order.command_id).await.map_err(|error| failed(&error))?.unwrap_or_default()
            }
        };
        let (Some(first), Some(last)) = (stored.first(), stored.last()) else {
            return Err(unavailable("the first answer to this request could not be found"));
        };
        order::is_of(&order.metadata, first)?;
        let receipt = receipt.unwrap_or(Receipt {
            first_position: first.position,
            last_position: last.position,
            sequence: last.sequence,
            recorded_at: last.recorded_at,
            duplicate: true,
        });
        let goal = store.load(first.goal_id().unwrap_or(order.goal)).await.map_err(|error| failed(&error))?.goal;
        let events: Result<Vec<GoalEvent>, _> = stored.iter().map(Recorded::goal_event).collect();
        let events = events.map_err(|error| internal("read the first answer", &error))?;
        Ok(Done {
            receipt: Some(receipt),
            events,
            compensates: undo::compensates(&stored),
            conflicts: Vec::new(),
            goal,
        })
    }
}

impl Job {
    fn answer(self, result: Result<Done, Refusal>) {
        // A caller that stopped waiting loses its answer and nothing else: a repeat will find the receipt.
        let _ = self.answer.send(result);
    }
}

fn answer_all(jobs: Vec<Job>, refusal: &Refusal) {
    for job in jobs {
        job.answer(Err(refusal.clone()));
    }
}

/// What became of jobs that were decided together.
#[derive(Default)]
struct Decided {
    /// To be stored, one on top of the other.
    stack: Vec<(Job, Done)>,
    settled: Vec<(Job, Result<Done, Refusal>)>,
    /// Those whose command id is in the stack already: the same request, sent again while the first was on its way.
    twins: Vec<Job>,
}

/// Decides jobs one on top of the other.
async fn decide_all(known: &Goal, jobs: Vec<Job>) -> Decided {
    let (mut decided, mut stacked) = (Decided::default(), HashSet::new());
    let mut state = known.clone();
    for job in jobs {
        if stacked.contains(&job.order.command_id) {
            decided.twins.push(job);
            continue;
        }
        let decision = match &job.order.asked {
            Asked::Instruction(instruction) => decide(&state, instruction).await,
            Asked::Undo(undoing) => decided_to(undoing.decide(&state)),
        };
        match decision {
            Decision::Events(led) => {
                state = led.goal.clone();
                stacked.insert(job.order.command_id);
                decided.stack.push((job, led));
            }
            Decision::Settled(result) => decided.settled.push((job, result)),
        }
    }
    decided
}

/// One decision on a copy of the state, through the aggregate's cqrs-es face.
async fn decide(state: &Goal, instruction: &Instruction) -> Decision {
    let (mut goal, sink) = (state.clone(), EventSink::default());
    match goal.handle(instruction.clone(), &(), &sink).await {
        Err(rejection) => Decision::Settled(Err(rejection.into())),
        Ok(()) => decided_to(Ok(Done { events: sink.collect().await, goal, ..Done::default() })),
    }
}

fn decided_to(result: Result<Done, Refusal>) -> Decision {
    match result {
        Ok(led) if !led.events.is_empty() => Decision::Events(led),
        result => Decision::Settled(result),
    }
}

fn new_command(order: &Order, led: &Done) -> Result<NewCommand, serde_json::Error> {
    let mut events: Vec<NewEvent> =
        led.events.iter().map(|event| NewEvent::of_goal(Uuid::now_v7(), event)).collect::<Result<_, _>>()?;
    for (event, undone) in events.iter_mut().zip(&led.compensates) {
        event.compensates = Some(*undone);
    }
    Ok(NewCommand {
        command_id: order.command_id,
        workspace: order.workspace.clone(),
        metadata: order.metadata.clone(),
        events,
    })
}

fn append_failed(error: &AppendError) -> Refusal {
    match error {
        AppendError::Busy { retry_after_ms } => Refusal::Busy { retry_after_ms: *retry_after_ms },
        AppendError::TooBig { what, limit, .. } => Refusal::Rejected(Rejection::TooBig {
            field: (*what).to_owned(),
            problem: format!("there may be at most {limit}"),
        }),
        AppendError::Invalid { reason } => Refusal::validation("request", reason.clone()),
        AppendError::Unavailable { .. } | AppendError::Closed => failed(error),
    }
}

/// The log is away: the caller may repeat, and we write down why, once.
pub(crate) fn failed(error: &(dyn std::error::Error + 'static)) -> Refusal {
    tracing::error!(error, "the log did not answer");
    unavailable("the event log cannot be reached")
}

pub(crate) fn internal(what: &'static str, error: &(dyn std::error::Error + 'static)) -> Refusal {
    tracing::error!(error, what, "a failure of ours");
    unavailable(&format!("could not {what}"))
}

pub(crate) fn unavailable(reason: &str) -> Refusal {
    Refusal::Unavailable { reason: reason.to_owned(), retry_after_ms: RETRY_AFTER_MS }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        failed(&error)
    }
}
