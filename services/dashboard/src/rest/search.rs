//! Goals by words: found as `find` finds them, and told as rows.

use std::collections::BTreeMap;

use domain::goal::TaskStatus;
use goal_agent::{Caller, GoalAgent, GoalsPage, Refusal, reply, request::Find, rows::Kind};

/// Rows a page when no number is given: as many as a page of all goals has.
const ROWS_DEFAULT: u32 = 50;
/// Goals read by their ids at once.
const IDS_MAX: usize = 100;

/// A page of the goals whose title or description has these words, best match first. What `find` understands beside words, such as
/// `tag:docs`, is understood here.
pub(crate) async fn goals(
    agent: &GoalAgent,
    caller: &Caller,
    words: &str,
    page: GoalsPage,
) -> Result<reply::Goals, Refusal> {
    let wanted = Find {
        q: Some(words.to_owned()),
        kind: Some(Kind::Goal),
        status: page.status.iter().filter_map(|status| <&str>::from(status).parse::<TaskStatus>().ok()).collect(),
        limit: Some(page.limit.unwrap_or(ROWS_DEFAULT)),
        cursor: page.cursor,
        min_position: page.min_position,
        as_of: page.as_of,
        ..Find::default()
    };
    let found = agent.find(caller, wanted).await?;
    let ids: Vec<String> = found.rows.iter().map(|row| row.id.to_string()).collect();
    let mut rows = BTreeMap::new();
    for ids in ids.chunks(IDS_MAX) {
        let as_of = page.as_of.map(|_| found.position.into());
        let named = agent.goals_named(caller, ids, as_of, Some(found.position)).await?;
        rows.extend(named.goals.into_iter().map(|goal| (goal.id.to_string(), goal)));
    }
    let goals = ids.iter().filter_map(|id| rows.remove(id)).collect();
    // The rows may be newer than what was found; told as older than they are, they are at worst replaced by themselves.
    Ok(reply::Goals { position: found.position, epoch: agent.epoch(), goals, missing: Vec::new(), next: found.more })
}
