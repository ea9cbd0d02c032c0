//! Nobody changes history: programs have no right to, and the owner is refused by the database.

use sqlx::{Connection, Executor, PgConnection};

use crate::setting::{append, assert_sound, command, database, log, owner};

const TAMPERING: [&str; 5] = [
    "UPDATE events SET payload = '{}'",
    "UPDATE events SET payload = '{}' WHERE position = 999",
    "DELETE FROM events WHERE position = 1",
    "TRUNCATE events",
    "DELETE FROM es_head",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_program_may_append_by_the_functions_and_read_and_nothing_else() {
    let database = database().await;
    let log = log(&database).await;
    append(&log, 1, 0, command(1)).await;
    let mut program = PgConnection::connect(&database.app_url).await.unwrap();
    let more = [
        "INSERT INTO events SELECT aggregate_type, 'other', sequence, event_type, event_version, payload, metadata, \
         2, event_id, gen_random_uuid(), command_pos, command_len, workspace, recorded_at FROM events",
        "UPDATE es_head SET position = 7",
        "SELECT es_renew_epoch()",
        "SELECT setval('es_goal_ids', 1)",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "DROP TABLE events",
        "CREATE TABLE public.mine (x int)",
    ];
    for statement in TAMPERING.into_iter().chain(more) {
        let error = program.execute(statement).await.expect_err(statement);
        assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("42501"), "{statement}: {error}");
    }
    program.execute("CREATE TABLE read.mine (x int)").await.unwrap();
    assert_eq!(assert_sound(&log).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_refused_by_a_trigger() {
    let database = database().await;
    let log = log(&database).await;
    append(&log, 1, 0, command(1)).await;
    let mut owner = owner(&database).await;
    for settings in ["SET session_replication_role = origin", "SET session_replication_role = replica"] {
        owner.execute(settings).await.unwrap();
        for statement in TAMPERING {
            let error = owner.execute(statement).await.expect_err(statement);
            assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("55000"), "{statement}: {error}");
        }
    }
    assert_eq!(assert_sound(&log).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_checks_limits_by_itself() {
    let database = database().await;
    let mut owner = owner(&database).await;
    let good = ["'goal'", "'GOAL-0001'", "1", "'t'", "'1'", "'{}'", "'{}'", "1", "0", "1", "'default'"];
    let wrong = [
        (2, "0"),
        (5, r#"'{"a":"\u0000"}'"#),
        (6, r#"'{"a":"\u0000"}'"#),
        (5, "json_build_object('a', repeat('x', 262144))"),
        (7, "0"),
        (8, "1"),
        (10, "'Team'"),
        (10, "'a.b'"),
    ];
    let insert = |values: &[&str]| {
        let [kind, id, sequence, event_type, version, payload, metadata, position, place, length, workspace] = values
        else {
            panic!("eleven values")
        };
        format!(
            "INSERT INTO events VALUES ({kind}, {id}, {sequence}, {event_type}, {version}, {payload}, {metadata}, {position}, \
             gen_random_uuid(), gen_random_uuid(), {place}, {length}, {workspace}, now())"
        )
    };
    for (place, value) in wrong {
        let mut values = good;
        values[place] = value;
        let error = owner.execute(insert(&values).as_str()).await.expect_err(value);
        assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("23514"), "{value}: {error}");
    }
    owner.execute(insert(&good).as_str()).await.unwrap();
}
