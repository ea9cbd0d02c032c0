//! What can be read by its address: the board, the feed, each goal and task, each event.
//!
//! An address is matched to the letter, since clients subscribe to it so. What is read is the same as tools answer, as JSON.

use goal_agent::{
    Caller, GoalAgent, GoalsPage, Moment, Refusal,
    request::{Find, FindView, Get, History, Include, Kind},
};
use rmcp::model::{
    CacheScope, ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::Told;

/// Everything that is open, and what can be claimed.
pub(crate) const BOARD: &str = "goal://board";
/// What happened last.
pub(crate) const FEED: &str = "goal://feed";

const GOAL_SCHEME: &str = "goal://";
const EVENT_SCHEME: &str = "event://";
const JSON: &str = "application/json";

/// Open goals that are listed, and shown on the board.
const GOALS_LISTED: u32 = 50;
/// Ready tasks that the board shows.
const READY_SHOWN: u32 = 25;
/// How long a client may keep what it read: until it is told of a change, or about so long.
const LIFETIME_MS: u64 = 1_000;
/// Templates only change with a new version.
const TEMPLATES_LIFETIME_MS: u64 = 60 * 60 * 1_000;

/// What an address stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Address {
    Board,
    Feed,
    /// A goal or task.
    Object(String),
    Event(u64),
}

impl Address {
    fn read(uri: &str) -> Option<Self> {
        match uri {
            BOARD => return Some(Self::Board),
            FEED => return Some(Self::Feed),
            _ => {}
        }
        if let Some(id) = uri.strip_prefix(GOAL_SCHEME).filter(|id| !id.is_empty()) {
            return Some(Self::Object(id.to_owned()));
        }
        let position = uri.strip_prefix(EVENT_SCHEME)?.parse().ok()?;
        Some(Self::Event(position))
    }
}

/// What is there in any case; the open goals come from the agent.
pub(crate) fn fixed() -> Vec<Resource> {
    vec![
        Resource::new(BOARD, "board")
            .with_title("Board")
            .with_description("Open goals with their progress, and the tasks that can be claimed now")
            .with_mime_type(JSON),
        Resource::new(FEED, "feed")
            .with_title("Feed")
            .with_description("The newest events: who did what, when and why")
            .with_mime_type(JSON),
    ]
}

/// The fixed ones and the newest open goals.
pub(crate) async fn list(agent: &GoalAgent, caller: &Caller) -> Result<ListResourcesResult, Told> {
    let page = GoalsPage { status: open(), limit: Some(GOALS_LISTED), ..GoalsPage::default() };
    let goals = agent.goals(caller, page).await?.goals.into_iter().map(|goal| {
        let progress = format!("{} of {} tasks done", goal.progress.completed, goal.progress.total);
        Resource::new(object(goal.id), goal.id.to_string())
            .with_title(goal.title)
            .with_description(progress)
            .with_mime_type(JSON)
    });
    Ok(listed(fixed().into_iter().chain(goals).collect()))
}

/// A list as clients may keep it.
pub(crate) fn listed(resources: Vec<Resource>) -> ListResourcesResult {
    ListResourcesResult::with_all_items(resources).with_ttl_ms(LIFETIME_MS).with_cache_scope(CacheScope::Private)
}

/// Addresses with a part that is filled in.
pub(crate) fn templates() -> ListResourceTemplatesResult {
    let templates = vec![
        ResourceTemplate::new("goal://{id}", "goal")
            .with_title("Goal or task")
            .with_description("A goal or task in full, with its tree and comments")
            .with_mime_type(JSON),
        ResourceTemplate::new("event://{position}", "event")
            .with_title("Event")
            .with_description("One event of the log, by its position")
            .with_mime_type(JSON),
    ];
    ListResourceTemplatesResult::with_all_items(templates)
        .with_ttl_ms(TEMPLATES_LIFETIME_MS)
        .with_cache_scope(CacheScope::Public)
}

/// What stands at an address.
pub(crate) async fn read(agent: &GoalAgent, caller: &Caller, uri: &str) -> Result<ReadResourceResult, Told> {
    let read = match Address::read(uri) {
        Some(Address::Board) => board(agent, caller).await?,
        Some(Address::Feed) => as_value(agent.history(caller, History::default()).await?),
        Some(Address::Object(id)) => {
            let include = vec![Include::Tree, Include::Comments];
            as_value(agent.get(caller, Get { ids: vec![id], include, ..Get::default() }).await?)
        }
        Some(Address::Event(position)) => event(agent, caller, position).await?,
        None => return Err(no_address(uri)),
    };
    let contents = ResourceContents::text(read.to_string(), uri).with_mime_type(JSON);
    Ok(ReadResourceResult::new(vec![contents]).with_ttl_ms(LIFETIME_MS).with_cache_scope(CacheScope::Private))
}

/// Whether there can be something there.
pub(crate) fn is_address(uri: &str) -> bool {
    Address::read(uri).is_some()
}

/// The address of a goal or task.
pub(crate) fn object(id: impl std::fmt::Display) -> String {
    format!("{GOAL_SCHEME}{id}")
}

/// The task that it is the address of.
pub(crate) fn task_of(address: &str) -> Option<domain::TaskId> {
    address.strip_prefix(GOAL_SCHEME)?.parse().ok()
}

/// There is nothing of this kind.
pub(crate) fn no_address(uri: &str) -> Told {
    Told::not_found(uri, "there are goal://board, goal://feed, goal://{id} and event://{position}")
}

/// Goals first, then what is ready at the same position or a later one.
async fn board(agent: &GoalAgent, caller: &Caller) -> Result<Value, Refusal> {
    let page = GoalsPage { status: open(), limit: Some(GOALS_LISTED), ..GoalsPage::default() };
    let goals = agent.goals(caller, page).await?;
    let ready = Find {
        view: Some(FindView::Ready),
        kind: Some(Kind::Task),
        limit: Some(READY_SHOWN),
        min_position: Some(goals.position),
        ..Find::default()
    };
    let ready = agent.find(caller, ready).await?;
    let shown = goals.goals.iter().map(|goal| {
        json!({
            "id": goal.id,
            "title": goal.title,
            "status": goal.status,
            "priority": goal.priority,
            "due": goal.due,
            "progress": goal.progress,
        })
    });
    let shown: Vec<Value> = shown.collect();
    let mut board = json!({ "position": goals.position, "goals": shown, "ready": ready.rows });
    if goals.next.is_some() || ready.more.is_some() {
        board["hint"] = "there are more: find has filters and pages".into();
    }
    Ok(board)
}

async fn event(agent: &GoalAgent, caller: &Caller, position: u64) -> Result<Value, Told> {
    let before = position.saturating_sub(1);
    let request = History {
        since: Some(Moment::Position(before)),
        until: Some(Moment::Position(position)),
        ..History::default()
    };
    let absent =
        || Told::not_found(&format!("{EVENT_SCHEME}{position}"), "positions begin with 1 and end where the log does");
    if position == 0 {
        return Err(absent());
    }
    let mut happened = agent.history(caller, request).await.map_err(|_| absent())?;
    happened.events.pop().map(as_value).ok_or_else(absent)
}

fn open() -> Vec<goal_agent::GoalStatus> {
    vec![goal_agent::GoalStatus::Pending, goal_agent::GoalStatus::InProgress]
}

fn as_value(reply: impl Serialize) -> Value {
    serde_json::to_value(reply).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_matched_to_the_letter() {
        assert_eq!(Address::read("goal://board"), Some(Address::Board));
        assert_eq!(Address::read("goal://feed"), Some(Address::Feed));
        assert_eq!(Address::read("goal://TASK-0007"), Some(Address::Object("TASK-0007".to_owned())));
        assert_eq!(Address::read("event://12"), Some(Address::Event(12)));
        for wrong in ["", "goal://", "goal:board", "event://", "event://-1", "event://x", "file:///etc/passwd"] {
            assert_eq!(Address::read(wrong), None, "{wrong}");
        }
    }
}
