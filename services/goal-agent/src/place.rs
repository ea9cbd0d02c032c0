//! Places in the log: the position of a time, one event, and what changed between two moments.

use std::collections::{BTreeSet, HashMap};

use domain::{GoalId, Recorded, Rejection, Timestamp, goal::Difference};
use read_models::{GoalTree, HappeningsRequest, ReadAt};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    Caller, GoalAgent, Moment,
    locate::read_failed,
    refusal::Refusal,
    reply::{Changes, FieldChange, Kept, KeptView, Place},
};

/// Fields that tell which row it is, or that something changed and not what.
const NOT_COMPARED: [&str; 6] = ["id", "goal", "version", "created_at", "updated_at", "progress"];

/// An id and its fields.
type Row = (String, Map<String, Value>);

impl GoalAgent {
    /// The last position at or before a moment, or of the log as it is.
    ///
    /// # Errors
    /// VALIDATION of a moment that has not come; UNAVAILABLE when the views are away.
    pub async fn place(&self, at: Option<Moment>) -> Result<Place, Refusal> {
        let _place = self.doors.reads.enter()?;
        let head = self.log.head().await?.position;
        let position = match at {
            None => head,
            Some(at) => self.moment_in_log("at", at, head).await?,
        };
        Ok(Place { position, head, at: self.time_of(position).await? })
    }

    /// When the event at a position was recorded; `None` before the first.
    pub(crate) async fn time_of(&self, position: u64) -> Result<Option<Timestamp>, Refusal> {
        self.views.time_of(position).await.map_err(read_failed)
    }

    async fn moment_in_log(&self, field: &str, moment: Moment, head: u64) -> Result<u64, Refusal> {
        match moment {
            Moment::Position(position) if position > head => {
                Err(Refusal::validation(field, format!("is beyond the log, which ends at position {head}")))
            }
            Moment::Position(position) => Ok(position),
            Moment::Time(time) if time > chrono::Utc::now() => Err(Refusal::validation(field, "is in the future")),
            Moment::Time(time) => self.position_at(time).await,
        }
    }

    /// How much is kept.
    ///
    /// # Errors
    /// UNAVAILABLE when the views are away.
    pub async fn kept(&self) -> Result<Kept, Refusal> {
        let _place = self.doors.reads.enter()?;
        let head = self.log.head().await?;
        let counted = self.views.amounts(&ReadAt::latest(chrono::Utc::now())).await.map_err(read_failed)?;
        let states = self.views.states().await.map_err(read_failed)?;
        let view = |state: read_models::ViewState| KeptView {
            name: state.name,
            generation: state.generation,
            state: state.state,
            position: u64::try_from(state.checkpoint).unwrap_or(0),
        };
        Ok(Kept {
            position: counted.position,
            epoch: head.epoch,
            events: head.position,
            goals: counted.value.goals,
            tasks: counted.value.tasks,
            comments: counted.value.comments,
            database_bytes: counted.value.database_bytes,
            views: states.into_iter().map(view).collect(),
        })
    }

    /// One event, with the position of what led to it, if that is known. The log itself tells, however far the views are.
    ///
    /// # Errors
    /// NOT_FOUND when the log does not go so far.
    pub async fn event(&self, position: u64) -> Result<(Recorded, Option<u64>), Refusal> {
        let _place = self.doors.reads.enter()?;
        let missing = || Rejection::NotFound { id: format!("event {position}"), did_you_mean: Vec::new() };
        let before = position.checked_sub(1).ok_or_else(missing)?;
        let event = self.log.events_at(&[position]).await?.pop().ok_or_else(missing)?;
        let only = HappeningsRequest { after: before, until: Some(position), limit: 1, ..HappeningsRequest::default() };
        let read = ReadAt::after(position, chrono::Utc::now());
        let found = self.views.happenings(&only, &read).await.map_err(read_failed)?.value;
        Ok((event, found.unwrap_or_default().first().and_then(|happening| happening.cause)))
    }

    /// What is different between two moments, field by field, of a goal and its tasks.
    ///
    /// # Errors
    /// NOT_FOUND of the goal, also when it came after both; VALIDATION of the moments.
    pub async fn differences(
        &self,
        caller: &Caller,
        id: &str,
        from: Moment,
        to: Option<Moment>,
    ) -> Result<Changes, Refusal> {
        let _place = self.doors.reads.enter()?;
        let goal: GoalId = self.id("id", id).await?;
        let head = self.log.head().await?.position.max(self.own_writes(caller));
        let from = self.moment_in_log("from", from, head).await?;
        let to = match to {
            Some(to) => self.moment_in_log("to", to, head).await?,
            None => head,
        };
        let (before, after) = (self.tree(goal, from).await?, self.tree(goal, to).await?);
        if before.is_none() && after.is_none() {
            let read = ReadAt::as_of(from.max(to), chrono::Utc::now());
            return Err(self.missing(goal.into(), &read).await.alone(&read));
        }
        Ok(Changes { from, to, changes: changes(&rows(before), &rows(after)) })
    }

    async fn tree(&self, goal: GoalId, position: u64) -> Result<Option<GoalTree>, Refusal> {
        let read = ReadAt::as_of(position, chrono::Utc::now());
        self.views.goal_tree(goal, &read).await.map_err(read_failed)
    }
}

/// Each by its id, the goal first.
fn rows(tree: Option<GoalTree>) -> Vec<Row> {
    let Some(GoalTree { goal, tasks, .. }) = tree else { return Vec::new() };
    let tasks = tasks.iter().map(|task| (task.id.to_string(), fields(task)));
    [(goal.id.to_string(), fields(&goal))].into_iter().chain(tasks).collect()
}

fn fields(row: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(mut fields)) => {
            NOT_COMPARED.iter().for_each(|name| _ = fields.remove(*name));
            fields
        }
        _ => Map::new(),
    }
}

/// What is in one and not so in the other: what there is later in its order, then what there is no more.
fn changes(before: &[Row], after: &[Row]) -> Vec<FieldChange> {
    let nothing = Map::new();
    let earlier: HashMap<&str, &Map<String, Value>> = before.iter().map(|(id, row)| (id.as_str(), row)).collect();
    let later: HashMap<&str, &Map<String, Value>> = after.iter().map(|(id, row)| (id.as_str(), row)).collect();
    let gone = before.iter().map(|(id, _)| id).filter(|id| !later.contains_key(id.as_str()));
    let mut changes = Vec::new();
    for id in after.iter().map(|(id, _)| id).chain(gone) {
        let [was, is] = [&earlier, &later].map(|rows| rows.get(id.as_str()).copied().unwrap_or(&nothing));
        let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
        for name in names.into_iter().filter(|name| was.get(*name) != is.get(*name)) {
            let value = |row: &Map<String, Value>| row.get(name).cloned().unwrap_or_default();
            let difference = Difference { field: name.clone(), from: value(was), to: value(is) };
            changes.push(FieldChange { id: id.clone(), difference });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(id: &str, fields: Value) -> Row {
        (id.to_owned(), fields.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn what_came_what_went_and_what_became_something_else_is_told() {
        let before = [row("GOAL-0001", json!({ "title": "a" })), row("TASK-0001", json!({ "title": "b", "due": "x" }))];
        let after = [
            row("GOAL-0001", json!({ "title": "a" })),
            row("TASK-0001", json!({ "title": "c" })),
            row("TASK-0002", json!({ "title": "d" })),
        ];
        let told: Vec<_> = changes(&before, &after)
            .into_iter()
            .map(|FieldChange { id, difference }| json!([id, difference.field, difference.from, difference.to]))
            .collect();
        let expected = [
            json!(["TASK-0001", "due", "x", null]),
            json!(["TASK-0001", "title", "b", "c"]),
            json!(["TASK-0002", "title", null, "d"]),
        ];
        assert_eq!(told, expected);
    }
}
