//! What the log has of it.

use std::collections::HashMap;

use sqlx::{Connection, PgConnection};

use crate::instance::Home;

/// The log has each acknowledged request once, under the goal that its caller was told, and none that was refused.
pub(super) async fn compare(home: &Home, acknowledged: &HashMap<String, String>) {
    let run_file = home.run_file().unwrap();
    let mut database = PgConnection::connect(run_file["owner_url"].as_str().unwrap()).await.unwrap();
    let stored: Vec<(String, String)> = sqlx::query_as(
        "SELECT metadata->>'request_id', aggregate_id FROM events \
         WHERE event_type = 'goal_created' AND metadata->>'request_id' IS NOT NULL",
    )
    .fetch_all(&mut database)
    .await
    .unwrap();
    assert_eq!(stored.len(), acknowledged.len(), "as many goals as were acknowledged");
    let goals: HashMap<String, String> = stored.into_iter().collect();
    // Not compared as a whole: nobody can read the difference of a hundred thousand.
    let differing = acknowledged.iter().find(|(request, goal)| goals.get(*request) != Some(goal));
    assert_eq!(differing, None, "what the log has of it: {:?}", differing.map(|(request, _)| goals.get(request)));
}
