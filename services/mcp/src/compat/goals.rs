//! Goals: made, broken down, read, listed, changed, put aside.

use domain::{GoalId, TaskId, goal::Priority, limits::TITLE_CHARS_MAX};
use goal_agent::{
    Caller, GoalAgent, GoalsPage, Moment, Refusal,
    reply::{GoalObject, Stored},
    request::{self, AddTasks, Estimate, Get, Include, Set, TaskPlan},
};
use serde_json::Value;

use super::{
    answers::{
        ASSIGNED_TOOLS, BrokenDown, ESTIMATED_EFFORT, GoalDeleted, GoalRead, GoalWritten, Goals, JIRA_TICKET, REPO,
        REPOS, TYPE,
    },
    requests::{BreakDownGoal, CreateGoal, DeleteGoal, GetGoal, ListGoals, Subtask, UpdateGoal},
    setting::set_on,
};

/// Goals of one page.
const GOALS_A_PAGE: u32 = 50;
/// Pages that are looked through for goals of one priority before the answer ends, with a cursor.
const PAGES_MAX: usize = 20;

pub(super) async fn create(agent: &GoalAgent, caller: &Caller, asked: CreateGoal) -> Result<GoalWritten, Refusal> {
    let (title, description) = title_of(&asked.description);
    let mut metadata = asked.metadata;
    if !asked.repos.is_empty() {
        metadata.insert(REPOS.to_owned(), asked.repos.into());
    }
    let made = request::CreateGoal {
        title,
        description,
        priority: asked.priority,
        metadata,
        request_id: asked.request_id,
        ..request::CreateGoal::default()
    };
    let made = agent.create_goal(caller, made).await?;
    Ok(written(agent, caller, made.stored, made.goal).await)
}

pub(super) async fn break_down(
    agent: &GoalAgent,
    caller: &Caller,
    asked: BreakDownGoal,
) -> Result<BrokenDown, Refusal> {
    check_goal(&asked.goal_id)?;
    let all = &asked.subtasks;
    let tasks = all.iter().enumerate().map(|(place, subtask)| plan(place, subtask, all)).collect::<Result<_, _>>()?;
    let added = AddTasks { parent: asked.goal_id, tasks, request_id: asked.request_id };
    let added = agent.add_tasks(caller, added).await?;
    let in_order = (0..asked.subtasks.len()).filter_map(|place| added.ids.get(&key(place)).copied()).collect();
    Ok(BrokenDown { stored: added.stored, id: added.goal, tasks: in_order, ready: added.ready })
}

pub(super) async fn get(agent: &GoalAgent, caller: &Caller, asked: GetGoal) -> Result<GoalRead, Refusal> {
    check_goal(&asked.goal_id)?;
    let (ids, goes_on) = (vec![asked.goal_id], asked.cursor.is_some());
    let request = Get { ids: ids.clone(), include: vec![Include::Tree], cursor: asked.cursor, ..Get::default() };
    let read = agent.get(caller, request).await?;
    let elsewhere = || Refusal::validation("cursor", "is not of this goal; leave it out to begin anew");
    let GoalObject { mut row, tasks, .. } = read.goals.into_iter().next().ok_or_else(elsewhere)?;
    if goes_on {
        // What is long is left out of all portions but the first, and these tools have a word for everything.
        let whole = Get { ids, as_of: Some(Moment::Position(read.position)), ..Get::default() };
        row = agent.get(caller, whole).await?.goals.into_iter().next().ok_or_else(elsewhere)?.row;
    }
    let there = tasks.into_iter().filter(|task| !task.archived);
    let (ids, details) = there.map(|task| (task.id, task.into())).unzip();
    Ok(GoalRead { position: read.position, goal: row.into(), tasks: ids, task_details: details, more: read.more })
}

pub(super) async fn list(agent: &GoalAgent, caller: &Caller, asked: ListGoals) -> Result<Goals, Refusal> {
    let fits = |priority: Priority| asked.priority.is_none_or(|wanted| wanted == priority);
    let mut listed = Goals { more: asked.cursor, ..Goals::default() };
    for _ in 0..PAGES_MAX {
        let page = GoalsPage {
            status: asked.status.into_iter().map(Into::into).collect(),
            limit: Some(GOALS_A_PAGE),
            cursor: listed.more.take(),
            ..GoalsPage::default()
        };
        let page = agent.goals(caller, page).await?;
        listed.position = page.position;
        listed.goals.extend(page.goals.into_iter().filter(|goal| fits(goal.priority)).map(Into::into));
        listed.more = page.next;
        // Another page has room only while there is little of this one.
        if listed.more.is_none() || !listed.goals.is_empty() {
            break;
        }
    }
    listed.count = listed.goals.len();
    Ok(listed)
}

pub(super) async fn update(agent: &GoalAgent, caller: &Caller, asked: UpdateGoal) -> Result<GoalWritten, Refusal> {
    check_goal(&asked.goal_id)?;
    let (title, description) = match asked.description.as_deref().map(title_of) {
        Some((title, description)) => (Some(title), Some(description)),
        None => (None, None),
    };
    let mut metadata = asked.metadata;
    if let Some(repos) = asked.repos {
        metadata.insert(REPOS.to_owned(), repos.into());
    }
    let status = asked.status.map(Into::into);
    let set = Set { title, description, status, priority: asked.priority, metadata, ..Set::default() };
    if set.is_empty() {
        return Err(Refusal::validation("description", "is missing, and so is everything else; say what to change"));
    }
    let written_to = set_on(agent, caller, asked.goal_id, set, asked.request_id).await?;
    Ok(written(agent, caller, written_to.stored, written_to.goal).await)
}

pub(super) async fn delete(agent: &GoalAgent, caller: &Caller, asked: DeleteGoal) -> Result<GoalDeleted, Refusal> {
    check_goal(&asked.goal_id)?;
    let set = Set { archived: Some(true), ..Set::default() };
    let deleted = set_on(agent, caller, asked.goal_id, set, asked.request_id).await?;
    Ok(GoalDeleted { stored: deleted.stored, deleted_goal_id: deleted.goal, success: true })
}

/// What is told of a goal that was written: how it stands now. The write is done, so it is told even when nothing can be read.
async fn written(agent: &GoalAgent, caller: &Caller, stored: Stored, id: GoalId) -> GoalWritten {
    let request = Get { ids: vec![id.to_string()], min_position: Some(stored.position), ..Get::default() };
    let read = agent.get(caller, request).await.ok();
    let row = read.and_then(|read| read.goals.into_iter().next()).map(|goal| goal.row);
    GoalWritten { stored, id, fields: row.map(Into::into) }
}

/// The title and, where it does not say all, the description.
fn title_of(description: &str) -> (String, Option<String>) {
    let whole = description.trim();
    let title: String = whole.lines().next().unwrap_or_default().trim_end().chars().take(TITLE_CHARS_MAX).collect();
    let rest = (title != whole).then(|| whole.to_owned());
    (title, rest)
}

fn check_goal(id: &str) -> Result<(), Refusal> {
    match id.trim().parse::<TaskId>() {
        Ok(task) => Err(Refusal::validation("goal_id", format!("{task} is a task; give the id of a goal"))),
        Err(_) => Ok(()),
    }
}

/// A subtask as a task of ours. What there is no field for is kept as metadata.
fn plan(place: usize, subtask: &Subtask, all: &[Subtask]) -> Result<TaskPlan, Refusal> {
    let (title, description) = title_of(&subtask.description);
    let after = subtask.dependencies.iter().enumerate().map(|(number, on)| {
        reference(on, all).ok_or_else(|| {
            let field = format!("subtasks[{place}].dependencies[{number}]");
            Refusal::validation(field, format!("`{on}` is neither a task id nor the description of another subtask"))
        })
    });
    let tools = (!subtask.tools.is_empty()).then(|| Value::from(subtask.tools.clone()));
    let kept = [
        (TYPE, subtask.kind.clone().map(Value::from)),
        (REPO, subtask.repo.clone().map(Value::from)),
        (JIRA_TICKET, subtask.jira_ticket.clone().map(Value::from)),
        (ESTIMATED_EFFORT, subtask.estimated_effort.clone().map(Value::from)),
        (ASSIGNED_TOOLS, tools),
    ];
    Ok(TaskPlan {
        title,
        description,
        key: Some(key(place)),
        priority: subtask.priority,
        after: after.collect::<Result<_, _>>()?,
        estimate: subtask.estimated_effort.as_deref().and_then(estimate),
        metadata: kept.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect(),
        ..TaskPlan::default()
    })
}

/// The local name of the subtask at this place.
fn key(place: usize) -> String {
    format!("subtask-{}", place + 1)
}

/// A task id as it is, a description as the local name of its subtask.
fn reference(on: &str, all: &[Subtask]) -> Option<String> {
    let on = on.trim();
    if on.parse::<TaskId>().is_ok() {
        return Some(on.to_owned());
    }
    all.iter().position(|subtask| subtask.description.trim() == on || title_of(&subtask.description).0 == on).map(key)
}

/// An effort that is a length of time, such as 2h or 1h30m. It may have been anything, such as `medium`.
fn estimate(effort: &str) -> Option<Estimate> {
    let effort: String = effort.split_whitespace().collect();
    let (hours, minutes) = effort.split_once('h').unwrap_or(("0", &effort));
    let minutes = if minutes.is_empty() { "0" } else { minutes.strip_suffix('m')? };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (!effort.is_empty() && is_number(hours) && is_number(minutes)).then(|| Estimate::Text(effort.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_title_and_the_whole_is_the_description_where_that_is_more() {
        assert_eq!(title_of(" Ship it \n"), ("Ship it".to_owned(), None));
        assert_eq!(title_of("Ship it\nby Friday"), ("Ship it".to_owned(), Some("Ship it\nby Friday".to_owned())));
        let (title, description) = title_of(&"ä".repeat(300));
        assert_eq!((title.chars().count(), description.map(|text| text.chars().count())), (200, Some(300)));
    }

    #[test]
    fn an_effort_that_is_a_length_of_time_is_an_estimate() {
        for length in ["90m", "2h", "1h30m", "1h 30m"] {
            assert!(estimate(length).is_some(), "{length}");
        }
        for other in ["", "medium", "2 days", "90", "h", "m", "1d2h", "2hm"] {
            assert_eq!(estimate(other), None, "{other}");
        }
    }
}
