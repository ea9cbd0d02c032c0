//! How frames travel, on made-up frames and a made-up log. The clock is tokio's, paused.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use tokio::time::{advance, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    EndBefore, Limits, Live, Replay, Seat,
    client::{self, Wish},
    frame::{Frame, Vocabulary},
    portion::PORTION_BYTES_MAX,
};
use crate::health::{Check, Finding, Health};

const EPOCH: Uuid = Uuid::from_u128(7);
const LIMITS: Limits = Limits {
    clients_max: 3,
    window_events_max: 100,
    window_bytes_max: usize::MAX,
    replay_events_max: 500,
    heartbeat: Duration::from_secs(15),
};

/// A frame with a long text.
const LARGE_BYTES: usize = 60_000;

/// A log that has everything, a few events at a time.
fn endless_log() -> Replay {
    Arc::new(|after, _| {
        Box::pin(async move { (after + 1..=after + 7).map(|position| Frame::fake(position, 1)).collect() })
    })
}

/// A log that never says where it ends.
fn nowhere() -> EndBefore {
    Arc::new(|_| Box::pin(std::future::ready(None)))
}

fn live_behind(after: u64) -> Arc<Live> {
    live_over(after, endless_log(), nowhere())
}

fn live_over(after: u64, replay: Replay, end_before: EndBefore) -> Arc<Live> {
    Arc::new(Live::new(EPOCH, after, (replay, end_before), LIMITS, CancellationToken::new()))
}

fn publish(live: &Live, positions: std::ops::RangeInclusive<u64>) {
    live.publish(positions.map(|position| Frame::fake(position, 1)).collect());
}

struct Listener(Pin<Box<dyn Stream<Item = Result<Bytes, std::convert::Infallible>>>>);

impl Listener {
    /// A client that has been greeted.
    async fn join(live: &Arc<Live>, wish: Wish) -> Self {
        let mut listener = Self(Box::pin(client::stream(Seat::take(live).unwrap(), wish)));
        let hello = listener.hears().await;
        assert!(hello.starts_with("retry: 3000\nevent: hello\ndata: {\"epoch\":\"00000000-"), "{hello}");
        listener
    }

    async fn after(live: &Arc<Live>, position: u64) -> Self {
        Self::join(live, Wish { after: Some(position), ..Wish::default() }).await
    }

    async fn hears(&mut self) -> String {
        let bytes = timeout(Duration::from_secs(3_600), self.0.next()).await.unwrap().unwrap().unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    async fn hears_positions(&mut self, positions: std::ops::RangeInclusive<u64>) {
        for position in positions {
            let frame = self.hears().await;
            assert!(frame.starts_with(&format!("id: {position}\n")), "instead of {position} came {frame}");
        }
    }

    async fn is_let_go_with(&mut self, name: &str) {
        let last = self.hears().await;
        assert!(last.contains(&format!("event: {name}\n")), "{last}");
        assert!(self.0.next().await.is_none());
    }
}

#[tokio::test]
async fn from_wherever_one_begins_everything_comes_once_in_order() {
    let live = live_behind(300);
    publish(&live, 301..=420);
    // Far back, just before the window, inside it, at its end: the log and the window meet without a seam.
    for start in [0, 1, 290, 319, 320, 321, 400, 420] {
        let mut listener = Listener::after(&live, start).await;
        listener.hears_positions(start + 1..=420).await;
    }
    let mut listener = Listener::after(&live, 0).await;
    publish(&live, 421..=430);
    listener.hears_positions(1..=430).await;
}

#[tokio::test]
async fn without_a_position_only_what_comes_now_is_sent() {
    let live = live_behind(0);
    publish(&live, 1..=10);
    let mut listener = Listener::join(&live, Wish::default()).await;
    publish(&live, 11..=12);
    listener.hears_positions(11..=12).await;
}

#[tokio::test]
async fn one_who_reads_too_slowly_is_reset_and_nobody_else() {
    let live = live_behind(0);
    let (mut slow, mut fast) = (Listener::after(&live, 0).await, Listener::after(&live, 0).await);
    publish(&live, 1..=10);
    slow.hears_positions(1..=10).await;
    fast.hears_positions(1..=10).await;
    for start in (11..=210).step_by(10) {
        publish(&live, start..=start + 9);
        fast.hears_positions(start..=start + 9).await;
    }
    slow.is_let_go_with("reset").await;
    publish(&live, 211..=212);
    fast.hears_positions(211..=212).await;
}

#[tokio::test]
async fn one_who_begins_too_far_back_is_reset() {
    let live = live_behind(600);
    Listener::after(&live, 99).await.is_let_go_with("reset").await;
    assert!(Listener::after(&live, 100).await.hears().await.starts_with("id: 101\n"));
}

#[tokio::test]
async fn one_who_comes_from_another_log_is_reset() {
    let live = live_behind(10);
    let wish = Wish { after: Some(10), epoch: Some(Uuid::from_u128(8)), ..Wish::default() };
    Listener::join(&live, wish).await.is_let_go_with("reset").await;
    let mut same = Listener::join(&live, Wish { epoch: Some(EPOCH), ..wish }).await;
    publish(&live, 11..=11);
    same.hears_positions(11..=11).await;
    live.begin_anew(5);
    same.is_let_go_with("reset").await;
}

#[tokio::test(start_paused = true)]
async fn one_who_is_ahead_of_us_is_waited_with_for_a_while() {
    let live = live_behind(10);
    let mut early = Listener::after(&live, 12).await;
    publish(&live, 11..=13);
    early.hears_positions(13..=13).await;
    Listener::after(&live, 20).await.is_let_go_with("reset").await;
}

#[tokio::test(start_paused = true)]
async fn one_who_is_beyond_the_end_of_the_log_is_reset_as_soon_as_the_log_says_so() {
    let log_of_15: EndBefore = Arc::new(|position| {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            (position > 15).then_some(15)
        })
    });
    let live = live_over(10, endless_log(), log_of_15);
    let begun = tokio::time::Instant::now();
    let mut beyond = Listener::after(&live, 16).await;
    let reset = beyond.hears().await;
    assert!(reset.contains("event: reset\n") && reset.contains("\"head\":15,\"position\":10}"), "{reset}");
    assert!(beyond.0.next().await.is_none());
    assert_eq!(begun.elapsed().as_millis(), 200);

    // What the log has is on its way here, and waited for.
    let mut early = Listener::after(&live, 15).await;
    assert!(timeout(Duration::from_secs(5), early.0.next()).await.is_err());
    publish(&live, 11..=16);
    early.hears_positions(16..=16).await;
}

#[tokio::test(start_paused = true)]
async fn one_who_is_ahead_is_not_kept_by_a_log_that_does_not_answer() {
    let silent: EndBefore = Arc::new(|_| Box::pin(std::future::pending()));
    let live = live_over(10, endless_log(), silent);
    let begun = tokio::time::Instant::now();
    Listener::after(&live, 20).await.is_let_go_with("reset").await;
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn silence_is_filled_with_heartbeats_also_while_the_log_is_away() {
    let live = live_behind(10);
    let mut idle = Listener::after(&live, 10).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(idle.hears().await, ": alive\n\n");
    assert_eq!(idle.hears().await, ": alive\n\n");
    assert_eq!(begun.elapsed().as_secs(), 30);

    let no_log: Replay = Arc::new(|_, _| Box::pin(std::future::pending()));
    let away = live_over(10, no_log, nowhere());
    let mut waiting = Listener::after(&away, 0).await;
    assert_eq!(waiting.hears().await, ": alive\n\n");
    advance(Duration::from_secs(1)).await;
    assert_eq!(waiting.hears().await, ": alive\n\n");
}

#[tokio::test]
async fn a_log_with_a_hole_is_never_passed_on() {
    let holey: Replay = Arc::new(|after, _| Box::pin(async move { vec![Frame::fake(after + 2, 1)] }));
    let live = live_over(10, holey, nowhere());
    Listener::after(&live, 0).await.is_let_go_with("reset").await;
}

/// Frames as large as they come, which are counted for as long as anybody holds them.
fn log_of_large_frames(held: &Arc<AtomicUsize>) -> Replay {
    let held = Arc::clone(held);
    Arc::new(move |after, max| {
        let frames = (after + 1..).take(max).map(|position| Frame::counted(position, LARGE_BYTES, &held)).collect();
        Box::pin(std::future::ready(frames))
    })
}

#[tokio::test]
async fn those_who_do_not_read_hold_little_however_large_the_frames_are() {
    const CLIENTS: usize = 200;
    let held = Arc::<AtomicUsize>::default();
    let limits = Limits { clients_max: CLIENTS, window_events_max: 100, ..LIMITS };
    let log = (log_of_large_frames(&held), nowhere());
    let live = Arc::new(Live::new(EPOCH, 300, log, limits, CancellationToken::new()));
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = Listener::after(&live, 0).await;
        client.hears_positions(1..=3).await;
        clients.push(client);
    }
    let held_bytes = held.load(Ordering::Relaxed);
    assert!(held_bytes > 0, "the frames are counted");
    assert!(held_bytes <= CLIENTS * (PORTION_BYTES_MAX + LARGE_BYTES), "{held_bytes} bytes are held");

    // And who reads on misses nothing.
    clients[0].hears_positions(4..=300).await;
    drop(clients);
    assert_eq!(held.load(Ordering::Relaxed), 0, "and let go");
}

#[tokio::test]
async fn those_who_stop_reading_the_window_hold_little_of_what_has_left_it() {
    let held = Arc::<AtomicUsize>::default();
    let live = live_behind(0);
    let mut client = Listener::after(&live, 0).await;
    live.publish((1..=64).map(|position| Frame::counted(position, LARGE_BYTES, &held)).collect());
    client.hears_positions(1..=1).await;
    live.begin_anew(64);
    let held_bytes = held.load(Ordering::Relaxed);
    assert!((1..=PORTION_BYTES_MAX).contains(&held_bytes), "{held_bytes} bytes are held");
}

#[tokio::test]
async fn at_shutdown_everybody_is_sent_away_for_another_while() {
    let live = live_behind(0);
    let mut first = Listener::after(&live, 0).await;
    let mut second = Listener::after(&live, 0).await;
    live.shutdown().cancel();
    let (one, other) = (first.hears().await, second.hears().await);
    assert!(one.contains("event: bye\ndata: {\"retry_ms\":"), "{one}");
    assert_ne!(one, other);
    assert!(first.0.next().await.is_none());
}

#[tokio::test]
async fn there_are_so_many_seats_and_a_left_one_is_free() {
    let live = live_behind(0);
    let seats: Vec<Seat> = (0..3).map(|_| Seat::take(&live).unwrap()).collect();
    assert!(Seat::take(&live).is_none());
    drop(seats);
    assert_eq!(live.clients(), 0);
    assert!(Seat::take(&live).is_some());
}

#[tokio::test]
async fn whoever_wants_to_hears_of_the_server_when_that_changes() {
    let live = live_behind(0);
    let report = |finding: Finding| async {
        Health::new(vec![Check::spare("bus", move || std::future::ready(finding.clone()))]).report().await
    };
    live.tell_server_status(&report(Finding::ok().with("lag_events", 1)).await);
    let wish = Wish { server_status: true, ..Wish::default() };
    let coarse = Wish { vocabulary: Vocabulary::Coarse, ..wish };
    let (mut coarse, mut also) = (Listener::join(&live, coarse).await, Listener::join(&live, wish).await);
    let mut full = Listener::join(&live, Wish::default()).await;
    let told = coarse.hears().await;
    assert!(told.starts_with("event: server_status\ndata: {\"type\":\"server_status\",\"data\":{"), "{told}");
    assert_eq!(also.hears().await, told);
    // The same again is no news; a change is, and never counts as a position.
    live.tell_server_status(&report(Finding::ok().with("lag_events", 2)).await);
    live.tell_server_status(&report(Finding::down("gone")).await);
    let told = coarse.hears().await;
    assert!(told.contains("\"degraded\"") && told.contains("gone") && !told.contains("id:"), "{told}");
    assert_eq!(also.hears().await, told);
    publish(&live, 1..=1);
    for listener in [&mut coarse, &mut also, &mut full] {
        listener.hears_positions(1..=1).await;
    }
}
