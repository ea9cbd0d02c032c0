//! Goals by words: found as `find` finds them, and told as rows.

use domain::goal::TaskStatus;
use goal_agent::{
    Caller, GoalAgent, GoalsPage, Refusal, reply,
    request::{Find, Get},
    rows::Kind,
};

/// Rows a page when no number is given: as many as a page of all goals has.
const ROWS_DEFAULT: u32 = 50;
/// Rows read in full at once.
const GET_IDS_MAX: usize = 100;

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
    let mut goals = Vec::with_capacity(ids.len());
    for ids in ids.chunks(GET_IDS_MAX) {
        let as_of = page.as_of.map(|_| found.position.into());
        let get = Get { ids: ids.to_vec(), as_of, min_position: Some(found.position), ..Get::default() };
        goals.extend(agent.get(caller, get).await?.goals.into_iter().map(|goal| goal.row));
    }
    // The rows may be newer than what was found; told as older than they are, they are at worst replaced by themselves.
    Ok(reply::Goals { position: found.position, epoch: agent.epoch(), goals, missing: Vec::new(), next: found.more })
}
