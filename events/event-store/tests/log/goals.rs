//! Goals on the log: cached, caught up, and loaded cold through postgres-es.

use cqrs_es::{CqrsFramework, EventStore};
use domain::{Goal, GoalEvent, GoalId, Metadata, Recorded, Workspace};
use event_store::{GoalStore, LoadedGoal, NewCommand, NewEvent, Outcome};
use uuid::Uuid;

use crate::setting::{database, log, restore_to_first_event};

const GOAL: GoalId = GoalId(1);

fn created() -> GoalEvent {
    let payload = r#"{"type":"goal_created","data":{"goal":"GOAL-0001","title":"first","priority":"medium"}}"#;
    serde_json::from_str(payload).unwrap()
}

fn retitled(from: &str, to: &str) -> GoalEvent {
    GoalEvent::GoalRetitled { from: from.into(), to: to.into() }
}

/// One command a list of events, folded on top of the goal.
fn decided(goal: &LoadedGoal, commands: &[&[GoalEvent]]) -> (Goal, Vec<NewCommand>) {
    let mut after = goal.goal.clone();
    let command = |events: &&[GoalEvent]| {
        events.iter().for_each(|event| after.evolve(event));
        NewCommand {
            command_id: Uuid::new_v4(),
            workspace: Workspace::DEFAULT,
            metadata: Metadata::default(),
            events: events.iter().map(|event| NewEvent::of_goal(Uuid::now_v7(), event).unwrap()).collect(),
        }
    };
    let commands = commands.iter().map(command).collect();
    (after, commands)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_committed_state_is_what_is_loaded_next_and_what_the_log_folds_to() {
    let database = database().await;
    let goals = GoalStore::new(log(&database).await);
    let nothing = goals.load(GOAL).await.unwrap();
    assert_eq!((nothing.goal.sequence, nothing.goal.id), (0, None));
    let (after, commands) =
        decided(&nothing, &[&[created()], &[retitled("first", "second"), retitled("second", "third")]]);
    let outcomes = goals.append(&nothing, after.clone(), commands).await.unwrap();
    assert_eq!(outcomes.iter().map(|outcome| outcome.receipt().unwrap().sequence).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(goals.load(GOAL).await.unwrap().goal, after);
    let cold = GoalStore::new(goals.log().clone());
    assert_eq!(cold.load(GOAL).await.unwrap().goal, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_node_conflicts_catches_up_and_goes_on() {
    let database = database().await;
    let (one, two) = (GoalStore::new(log(&database).await), GoalStore::new(log(&database).await));
    let nothing = one.load(GOAL).await.unwrap();
    let (after, commands) = decided(&nothing, &[&[created()]]);
    one.append(&nothing, after, commands).await.unwrap();
    let stale = two.load(GOAL).await.unwrap();
    let known = one.load(GOAL).await.unwrap();
    let (after, commands) = decided(&known, &[&[retitled("first", "second")]]);
    let command_id = commands[0].command_id;
    one.append(&known, after, commands).await.unwrap();

    let (after, commands) = decided(&stale, &[&[retitled("first", "other")]]);
    let outcomes = two.append(&stale, after, commands).await.unwrap();
    assert_eq!(outcomes, [Outcome::Conflict { current_sequence: 2 }]);
    assert_eq!(two.load(GOAL).await.unwrap(), stale, "the cached state stays");
    let (command, current) = two.look_up(command_id, &stale).await.unwrap();
    let titles = |events: Vec<Recorded>| events.iter().map(|event| event.event_type.clone()).collect::<Vec<_>>();
    assert_eq!(command.map(titles), Some(vec!["goal_retitled".to_owned()]));
    assert_eq!(current, two.catch_up(&stale).await.unwrap());
    assert_eq!(two.load(GOAL).await.unwrap(), current);
    let (after, commands) = decided(&current, &[&[retitled("second", "third")]]);
    assert!(matches!(two.append(&current, after, commands).await.unwrap()[..], [Outcome::Appended(_)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_an_event_store_of_cqrs_es() {
    let database = database().await;
    let goals = GoalStore::new(log(&database).await);
    let mut context = goals.load_aggregate("GOAL-0001").await.unwrap();
    let events = vec![created(), retitled("first", "second")];
    events.iter().for_each(|event| cqrs_es::AggregateContext::aggregate(&mut context).evolve(event));
    let metadata = [("actor_id".to_owned(), "tester".to_owned())].into();
    let stale = context.clone();
    let envelopes = goals.commit(events.clone(), context, metadata).await.unwrap();
    assert_eq!(envelopes.iter().map(|envelope| envelope.sequence).collect::<Vec<_>>(), [1, 2]);
    let loaded = goals.load_events("GOAL-0001").await.unwrap();
    assert_eq!(
        loaded.iter().map(|envelope| (envelope.sequence, envelope.payload.clone())).collect::<Vec<_>>(),
        [(1, events[0].clone()), (2, events[1].clone()),]
    );
    assert_eq!(loaded[0].metadata["actor_id"], "tester");
    let conflict = goals.commit(events, stale, Default::default()).await;
    assert!(matches!(conflict, Err(cqrs_es::AggregateError::AggregateConflict)));
    // The framework of cqrs-es takes it as it is.
    let _framework = CqrsFramework::new(goals, vec![], ());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_restored_database_has_lost_is_forgotten() {
    let database = database().await;
    let goals = GoalStore::new(log(&database).await);
    let nothing = goals.load(GOAL).await.unwrap();
    let (after, commands) = decided(&nothing, &[&[created()], &[retitled("first", "second")]]);
    goals.append(&nothing, after, commands).await.unwrap();
    let known = goals.load(GOAL).await.unwrap();
    restore_to_first_event(&database).await;
    let (after, commands) = decided(&known, &[&[retitled("second", "third")]]);
    let outcomes = goals.append(&known, after, commands.clone()).await.unwrap();
    assert_eq!(outcomes, [Outcome::Conflict { current_sequence: 1 }], "and no hole in the stream");
    let (command, current) = goals.look_up(commands[0].command_id, &known).await.unwrap();
    assert_eq!((command, current.goal.sequence, &*current.goal.title), (None, 1, "first"));
    assert_eq!(goals.load(GOAL).await.unwrap(), current);
}
