//! A verification that finds nothing proves little; these logs were tampered with by their owner.

use event_store::verify::Finding;
use sqlx::Executor;

use crate::setting::{append, command, database, log, owner, stack};

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_log_has_no_findings_and_tells_its_progress() {
    let database = database().await;
    let log = log(&database).await;
    append(&log, 1, 0, command(6_000)).await;
    log.append(stack(2, 0, vec![command(1), command(2)])).await.unwrap();
    let mut told = Vec::new();
    let report = log.verify(|position, head| told.push((position, head))).await.unwrap();
    assert_eq!((report.head, report.events, report.streams, report.findings_total), (6_003, 6_003, 2, 0));
    assert_eq!(told, [(5_000, 6_003), (6_003, 6_003)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_tampering_is_found() {
    type IsFound = fn(&Finding) -> bool;
    let tampering: [(&str, IsFound); 7] = [
        ("DELETE FROM events WHERE position = 2", |f| matches!(f, Finding::Hole { expected: 2, found: 3 })),
        ("DELETE FROM events WHERE position = 2", |f| matches!(f, Finding::StreamBroken { position: 3, .. })),
        ("DELETE FROM events WHERE position = 2", |f| matches!(f, Finding::CommandBroken { position: 3, .. })),
        ("DELETE FROM events WHERE position = 6", |f| matches!(f, Finding::HeadDiffers { head: 6, last: 5 })),
        ("UPDATE events SET recorded_at = recorded_at - interval '1 day' WHERE position = 4", |f| {
            matches!(f, Finding::TimeWentBack { position: 4 })
        }),
        ("UPDATE events SET aggregate_id = 'GOAL-0009' WHERE position = 5", |f| {
            matches!(f, Finding::StreamBroken { position: 6, .. })
        }),
        (
            "DROP INDEX events_command; UPDATE events SET command_id = (SELECT command_id FROM events WHERE position = 1) \
             WHERE position >= 4",
            |f| matches!(f, Finding::CommandRepeated { times: 2, position: 4, .. }),
        ),
    ];
    for (statement, is_found) in tampering {
        let database = database().await;
        let log = log(&database).await;
        append(&log, 1, 0, command(3)).await;
        append(&log, 2, 0, command(3)).await;
        let mut owner = owner(&database).await;
        owner.execute("ALTER TABLE events DISABLE TRIGGER events_are_immutable").await.unwrap();
        owner.execute(statement).await.unwrap();
        let report = log.verify(|_, _| ()).await.unwrap();
        assert!(report.findings.iter().any(is_found), "{statement}: {:?}", report.findings);
    }
}
