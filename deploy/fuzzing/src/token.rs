//! Small texts that come back to us as we gave them, or as somebody else thinks we did: cursors, ids, times.

use std::{fmt::Display, str::FromStr};

use domain::{GoalId, TaskId, Timestamp, Workspace, goal::Subject, time::Due};

/// A text; a cursor that somebody encoded; and, of the first bytes, a cursor of ours.
pub fn token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    read_models::fuzzing::cursor_text(&text);
    read_models::fuzzing::cursor_json(&text);
    our_cursor(data);
    id::<GoalId>(&text);
    id::<TaskId>(&text);
    id::<Subject>(&text);
    id::<Workspace>(&text);
    due(&text);
}

/// An id is written in one way only.
fn id<T: FromStr<Err: Display> + Display>(text: &str) {
    match text.parse::<T>() {
        Ok(id) => assert_eq!(id.to_string(), text),
        Err(error) => assert!(error.to_string().chars().count() <= 120, "{error}"),
    }
}

fn due(text: &str) {
    let Ok(due) = serde_json::from_value::<Due>(text.into()) else { return };
    let written = serde_json::to_value(due).expect("a time is JSON");
    assert_eq!(serde_json::from_value::<Due>(written).ok(), Some(due));
    assert_eq!(due.micros().micros(), due.micros());
    assert!(due.micros().deadline() <= due.deadline());
}

fn our_cursor(data: &[u8]) {
    let Some((numbers, _)) = data.split_first_chunk::<32>() else { return };
    let number = |place: usize| {
        let bytes = numbers[8 * place..].first_chunk::<8>().expect("there are four");
        i64::from_le_bytes(*bytes)
    };
    let [position, moment, rank, created] = [0, 1, 2, 3].map(number);
    // Nanoseconds since 1970 reach to the year 2262.
    let at = Timestamp::from_timestamp_nanos(moment & i64::MAX);
    let priority = i16::try_from(position.rem_euclid(4)).expect("there are four");
    let holds_up = i32::try_from(created.rem_euclid(10_000)).expect("a goal has no more tasks");
    read_models::fuzzing::cursor(position.unsigned_abs(), at, (rank, priority, holds_up, created));
}
