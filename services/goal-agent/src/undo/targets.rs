//! Which events are to be undone.

use std::collections::{BTreeMap, BTreeSet};

use domain::{GoalId, Metadata, Recorded, Rejection};
use read_models::{HappeningsRequest, ReadAt};
use uuid::Uuid;

use crate::{Caller, GoalAgent, Moment, keys::GOALS_MAX, locate::read_failed, order, refusal::Refusal, request::Undo};

/// Positions in one request.
const POSITIONS_MAX: usize = 1_000;
/// Events that one request may undo: a goal with as many tasks as it may have was made by one command.
const EVENTS_MAX: usize = 20_000;

/// The one thing that a request may name.
enum Named<'a> {
    Events(&'a [u64]),
    Command(&'a str),
    DoneBy { actor: &'a str, since: Moment },
}

impl GoalAgent {
    /// The events to be undone, by goal, in the order of the log. Of what somebody did, only what they did before a position, if there is one.
    pub(super) async fn targets(
        &self,
        caller: &Caller,
        body: &Undo,
        before: Option<u64>,
    ) -> Result<BTreeMap<GoalId, Vec<Recorded>>, Refusal> {
        let (field, events) = match named(body)? {
            Named::Events(positions) => ("events", self.at_positions(positions).await?),
            Named::Command(command) => ("command", self.of_command(caller, command).await?),
            Named::DoneBy { actor, since } => ("since", self.done_by(actor, since, before).await?),
        };
        let mut targets: BTreeMap<GoalId, Vec<Recorded>> = BTreeMap::new();
        for event in events {
            targets.entry(event.goal_id().unwrap_or_default()).or_default().push(event);
        }
        match targets.len() > GOALS_MAX {
            true => Err(too_big(field, format!("concerns {} goals; undo at most {GOALS_MAX} at once", targets.len()))),
            false => Ok(targets),
        }
    }

    async fn at_positions(&self, positions: &[u64]) -> Result<Vec<Recorded>, Refusal> {
        if positions.len() > POSITIONS_MAX {
            let count = positions.len();
            return Err(too_big("events", format!("has {count} positions; give at most {POSITIONS_MAX}")));
        }
        let events = self.in_order(positions.iter().copied().collect()).await?;
        let found: BTreeSet<u64> = events.iter().map(|event| event.position).collect();
        match positions.iter().position(|position| !found.contains(position)) {
            Some(place) => Err(nothing_at(&format!("events[{place}]"), positions[place])),
            None => Ok(events),
        }
    }

    /// The events at these positions. The log's page ends early when payloads are long.
    async fn in_order(&self, positions: BTreeSet<u64>) -> Result<Vec<Recorded>, Refusal> {
        let (positions, mut events) = (Vec::from_iter(positions), Vec::new());
        let mut left = &positions[..];
        while !left.is_empty() {
            let page = self.log.events_at(left).await?;
            let Some(last) = page.last().map(|event| event.position) else { break };
            left = &left[left.partition_point(|position| *position <= last)..];
            events.extend(page);
        }
        Ok(events)
    }

    /// A request may have led to a command in each of several goals.
    async fn of_command(&self, caller: &Caller, named: &str) -> Result<Vec<Recorded>, Refusal> {
        let named = named.trim();
        let digits = named.strip_prefix('#').unwrap_or(named);
        let position = digits.parse::<u64>().ok();
        if !named.starts_with('#') || position.is_none() {
            let of_request = self.of_request(caller, named).await?;
            if !of_request.is_empty() {
                return within_bounds("command", of_request);
            }
        }
        let Some(position) = position else {
            let problem = format!("nothing was stored under the request_id `{named}`; give that, or a log position");
            return Err(Refusal::validation("command", problem));
        };
        let Some(event) = self.log.event_at(position).await? else { return Err(nothing_at("command", position)) };
        let of_request = match event.metadata.get(Metadata::REQUEST_ID) {
            Some(request_id) => self.of_request(caller, request_id).await?,
            None => Vec::new(),
        };
        if of_request.iter().any(|one| one.position == position) {
            return within_bounds("command", of_request);
        }
        within_bounds("command", self.commands(&[event.command_id]).await?)
    }

    /// What it has stored, by whichever of its keys.
    async fn of_request(&self, caller: &Caller, request_id: &str) -> Result<Vec<Recorded>, Refusal> {
        let id = |ordinal| order::command_id(&caller.workspace, request_id, ordinal);
        self.commands(&(0..GOALS_MAX).map(id).collect::<Vec<Uuid>>()).await
    }

    /// The views know who did what, and are waited for, so that nothing is left out.
    async fn done_by(&self, actor: &str, since: Moment, before: Option<u64>) -> Result<Vec<Recorded>, Refusal> {
        let after = self.since(Some(since)).await?;
        let until = match before {
            Some(before) => before.saturating_sub(1),
            None => self.log.head().await?.position,
        };
        let filter = HappeningsRequest {
            actor: Some(actor.to_owned()),
            after,
            until: Some(until),
            limit: u32::try_from(EVENTS_MAX + 1).unwrap_or(u32::MAX),
            ..HappeningsRequest::default()
        };
        let read = ReadAt::after(until, chrono::Utc::now());
        let happened = self.views.happenings(&filter, &read).await.map_err(read_failed)?.value.unwrap_or_default();
        match happened.is_empty() {
            true => Err(Refusal::validation("actor", format!("`{actor}` did nothing after position {after}"))),
            false => {
                let within = within_bounds("since", happened)?;
                self.in_order(within.iter().map(|happening| happening.position).collect()).await
            }
        }
    }
}

fn named(body: &Undo) -> Result<Named<'_>, Refusal> {
    let missing = |field: &str, beside: &str| Err(Refusal::validation(field, format!("is missing beside {beside}")));
    match (&body.events[..], &body.command, &body.actor, body.since) {
        ([], None, None, None) => {
            Err(Refusal::validation("events", "is empty; give events, or command, or actor with since"))
        }
        ([], None, Some(actor), Some(since)) => Ok(Named::DoneBy { actor: actor.trim(), since }),
        ([], None, None, Some(_)) => missing("actor", "since"),
        ([], None, Some(_), None) => missing("since", "actor"),
        ([], Some(command), None, None) => Ok(Named::Command(command)),
        (events, None, None, None) => Ok(Named::Events(events)),
        ([], Some(_), ..) => Err(Refusal::validation("command", "does not go with actor or since; give one of them")),
        _ => Err(Refusal::validation("events", "does not go with command, actor or since; give one of them")),
    }
}

fn within_bounds<T>(field: &str, events: Vec<T>) -> Result<Vec<T>, Refusal> {
    match events.len() > EVENTS_MAX {
        true => Err(too_big(field, format!("means more than {EVENTS_MAX} events; undo it in parts"))),
        false => Ok(events),
    }
}

pub(super) fn too_big(field: &str, problem: String) -> Refusal {
    Rejection::TooBig { field: field.to_owned(), problem }.into()
}

fn nothing_at(field: &str, position: u64) -> Refusal {
    Refusal::validation(field, format!("there is no event at position {position}; history shows them"))
}
