//! What happened: which events, from the views, which know who did what to what; the events themselves from the log, which alone has
//! the reasons.

use domain::{GoalEvent, GoalId, Recorded, TaskId, Timestamp, goal::Subject};
use read_models::{HappeningsRequest, ReadAt};
use uuid::Uuid;

use crate::{
    Caller, GoalAgent, Moment,
    locate::read_failed,
    refusal::Refusal,
    reply::{Happened, Happenings},
    request::History,
    room::Room,
};

/// Events of one answer when no number is given, and at most.
const EVENTS_DEFAULT: u32 = 50;
const EVENTS_MAX: u32 = 200;
/// How unlike a known type a word may be and still be taken for a slip of the pen; 1 is the same.
const SIMILARITY_MIN: f64 = 0.8;

/// Events of the log, and where the next ones are.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedPage {
    /// What the page is true for.
    pub position: u64,
    /// Each with the position of the event that led to it, if that is known.
    pub events: Vec<(Recorded, Option<u64>)>,
    /// The cursor to go on with, if there are more.
    pub more: Option<String>,
}

/// Which events, as those who show the whole log ask.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    /// What `history` knows to filter by.
    pub history: History,
    /// The newest first, or the oldest; as `history` has it when nothing is said.
    pub newest_first: Option<bool>,
    /// Only what belongs to this piece of work.
    pub correlation: Option<Uuid>,
}

/// What a request means, read against the log as it stands.
struct Wanted {
    filter: HappeningsRequest,
    read: ReadAt,
}

impl GoalAgent {
    /// What happened, as much as fits an answer.
    ///
    /// # Errors
    /// VALIDATION names the field; NOT_FOUND what there is not.
    pub async fn history(&self, caller: &Caller, request: History) -> Result<Happenings, Refusal> {
        let _place = self.doors.reads.enter()?;
        let limit = match request.limit.unwrap_or(EVENTS_DEFAULT) {
            limit @ 1..=EVENTS_MAX => limit,
            limit => return Err(Refusal::validation("limit", format!("is {limit}; give 1 to {EVENTS_MAX}"))),
        };
        let diff = request.diff;
        let records = Records { history: request, ..Records::default() };
        let wanted = self.wanted_events(caller, &records, limit).await?;
        let page = self.page_of(&wanted).await?;
        let (events, all) = fitting(&page, diff);
        let more = match all {
            true => page.more,
            false => events.last().map(|last| cursor(&wanted.filter, last.position)),
        };
        Ok(Happenings { position: page.position, events, more })
    }

    /// The same for machines: events as they are stored, `limit` at most, which has to be at least 1 and is not more than a page of the log.
    ///
    /// # Errors
    /// As [`GoalAgent::history`].
    pub async fn recorded(&self, caller: &Caller, request: &History, limit: u32) -> Result<RecordedPage, Refusal> {
        self.records(caller, &Records { history: request.clone(), ..Records::default() }, limit).await
    }

    /// The same by more filters.
    ///
    /// # Errors
    /// As [`GoalAgent::history`].
    pub async fn records(&self, caller: &Caller, records: &Records, limit: u32) -> Result<RecordedPage, Refusal> {
        let _place = self.doors.reads.enter()?;
        let wanted = self.wanted_events(caller, records, limit).await?;
        self.page_of(&wanted).await
    }

    /// The newest events of a goal and its tasks, or of a task, up to a position, oldest first.
    pub(crate) async fn lately(
        &self,
        goal: GoalId,
        task: Option<TaskId>,
        until: u64,
    ) -> Result<Vec<Happened>, Refusal> {
        let filter = HappeningsRequest {
            goal: Some(goal),
            task,
            until: Some(until),
            newest_first: true,
            limit: EVENTS_MAX,
            ..HappeningsRequest::default()
        };
        let page = self.page_of(&Wanted { filter, read: ReadAt::after(until, chrono::Utc::now()) }).await?;
        Ok(page.events.iter().rev().map(|(event, cause)| Happened::of(event, *cause, false)).collect())
    }

    async fn wanted_events(&self, caller: &Caller, records: &Records, limit: u32) -> Result<Wanted, Refusal> {
        let request = &records.history;
        known_types(&request.types)?;
        let mut filter = HappeningsRequest {
            actor: request.actor.clone(),
            types: request.types.clone(),
            cause: request.cause,
            correlation: records.correlation,
            newest_first: records.newest_first.unwrap_or(request.since.is_none() && request.cause.is_none()),
            limit,
            ..HappeningsRequest::default()
        };
        if let Some(id) = &request.id {
            let subject: Subject = self.id("id", id).await?;
            filter.goal = Some(self.goal_of(subject).await?);
            filter.task = match subject {
                Subject::Goal(_) => None,
                Subject::Task(task) => Some(task),
            };
        }
        let read = self.read_at(caller, None, None).await?;
        filter.after = self.since(request.since).await?;
        filter.until = self.until(request.until).await?;
        go_on(&mut filter, request.cursor.as_deref())?;
        Ok(Wanted { filter, read })
    }

    /// The position behind which to begin.
    pub(crate) async fn since(&self, since: Option<Moment>) -> Result<u64, Refusal> {
        match since {
            None => Ok(0),
            Some(Moment::Position(position)) => self.in_the_log("since", position).await,
            Some(Moment::Time(time)) if time > chrono::Utc::now() => {
                Err(Refusal::validation("since", "is in the future"))
            }
            Some(Moment::Time(time)) => self.position_at(just_before(time)).await,
        }
    }

    async fn until(&self, until: Option<Moment>) -> Result<Option<u64>, Refusal> {
        Ok(match until {
            None => None,
            Some(Moment::Position(position)) => Some(position),
            Some(Moment::Time(time)) if time > chrono::Utc::now() => None,
            Some(Moment::Time(time)) => Some(self.position_at(time).await?),
        })
    }

    /// One more than is wanted is asked for, to know whether there are more.
    async fn page_of(&self, wanted: &Wanted) -> Result<RecordedPage, Refusal> {
        let Wanted { filter, read } = wanted;
        let asked = HappeningsRequest { limit: filter.limit.saturating_add(1), ..filter.clone() };
        let found = self.views.happenings(&asked, read).await.map_err(read_failed)?;
        let Some(mut happenings) = found.value else {
            let cause = filter.cause.unwrap_or_default();
            return Err(Refusal::validation("cause", format!("there is no event at position {cause}")));
        };
        let position = found.position;
        if happenings.is_empty() && filter.task.is_none() {
            self.expect_goal(filter.goal, read).await?;
        }
        let wanted = happenings.len().min(filter.limit as usize);
        let had = happenings.len();
        happenings.truncate(wanted);
        let places: Vec<u64> = happenings.iter().map(|happening| happening.position).collect();
        let events = self.log.events_at(&places).await?;
        // The log's page ends early when payloads are long.
        let more = events.len() < had;
        let events: Vec<_> = events.into_iter().zip(happenings).map(|(event, at)| (event, at.cause)).collect();
        let more = events.last().filter(|_| more).map(|(last, _)| cursor(filter, last.position));
        Ok(RecordedPage { position, events, more })
    }

    /// Nothing happened to what there is not.
    async fn expect_goal(&self, goal: Option<GoalId>, read: &ReadAt) -> Result<(), Refusal> {
        let Some(goal) = goal else { return Ok(()) };
        let mut read = *read;
        self.existing_goal(goal, &mut read).await.map(|_| ())
    }
}

/// As many as there is room for, and whether that is all of them.
fn fitting(page: &RecordedPage, diff: bool) -> (Vec<Happened>, bool) {
    let mut room = Room::new();
    let events = page.events.iter().map(|(event, cause)| Happened::of(event, *cause, diff));
    let kept: Vec<Happened> = events.take_while(|event| room.takes(event)).collect();
    let all = kept.len() == page.events.len();
    (kept, all)
}

/// Where to go on: history never changes, so a position is enough, and stays right whatever is written meanwhile.
fn cursor(filter: &HappeningsRequest, last: u64) -> String {
    match filter.newest_first {
        true => format!("before:{last}"),
        false => format!("after:{last}"),
    }
}

fn go_on(filter: &mut HappeningsRequest, cursor: Option<&str>) -> Result<(), Refusal> {
    let Some(cursor) = cursor else { return Ok(()) };
    match (cursor.split_once(':').map(|(way, at)| (way, at.parse::<u64>())), filter.newest_first) {
        (Some(("before", Ok(last @ 1..))), true) => {
            filter.until = Some(filter.until.map_or(last - 1, |until| until.min(last - 1)));
            Ok(())
        }
        (Some(("after", Ok(last))), false) => {
            filter.after = filter.after.max(last);
            Ok(())
        }
        _ => Err(Refusal::validation(
            "cursor",
            "is not the `more` of an answer to these filters; leave it out to begin anew",
        )),
    }
}

/// Times of the log are whole microseconds.
fn just_before(time: Timestamp) -> Timestamp {
    time - chrono::TimeDelta::microseconds(1)
}

/// A type that does not exist would find nothing, as if nothing had happened.
fn known_types(types: &[String]) -> Result<(), Refusal> {
    let Some(unknown) = types.iter().find(|name| !GoalEvent::NAMES.contains(&name.as_str())) else { return Ok(()) };
    let likeness = |known: &&&str| strsim::jaro_winkler(unknown, known);
    let nearest = GoalEvent::NAMES.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    let meant = match nearest.filter(|known| likeness(known) >= SIMILARITY_MIN) {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => format!("there are {}", GoalEvent::NAMES.join(", ")),
    };
    Err(Refusal::validation("types", format!("there is no event `{unknown}`; {meant}")))
}
