//! Many more callers than can be served: who is let in is answered soon, the rest is told BUSY and when to return, nothing is lost or
//! doubled, memory stays what it was, and afterwards all is as before.
//!
//! Read on with `crowd` (who calls), `watch` (what the instance looks like meanwhile), `stored` (what must be in the log).

mod crowd;
mod stored;
mod watch;

use std::{env, time::Duration};

use serde_json::json;
use tokio::time::Instant;

use crate::instance::{Home, Up};
use crowd::{Crowd, Seen};
use watch::Watch;

/// Callers of the short form: more than twice as many as are let in.
const SHORT_CALLERS: usize = 600;
const SHORT_DURATION: Duration = Duration::from_secs(3);
/// What nobody who was let in waits for, in a build with debug assertions and beside other tests.
const SHORT_ACCEPTED_BOUND: Duration = Duration::from_secs(10);
/// Calls afterwards, one at a time, and how long one may take.
const CALLS_AFTERWARDS: usize = 5;
const CALM_BOUND: Duration = Duration::from_secs(2);

/// Callers of the long form that are served without refusing any, and how long they are watched.
const CALM_CALLERS: usize = 16;
const CALM_DURATION: Duration = Duration::from_secs(5);
/// Of the long form.
const LONG_ACCEPTED_BOUND: Duration = Duration::from_secs(2);
const QUICK: Duration = Duration::from_millis(100);
const RECOVERY_BOUND: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(120);
/// What memory may grow by once it is warm: what is bounded by entries, and small, takes longer to fill.
const GROWTH_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// The last part of the time must bring this share of what the first one does: a long log and full caches cost little.
const PACE_KEPT_MIN: f64 = 0.5;

#[tokio::test(flavor = "multi_thread")]
async fn who_is_let_in_is_answered_soon_and_the_rest_is_told_when_to_return() {
    let seed = number("SEED").unwrap_or(1);
    let home = Home::new();
    let up = home.up().await;
    let watch = Watch::begin(&up);
    let seen = Crowd { seed, callers: SHORT_CALLERS, duration: SHORT_DURATION }.call(&up.url).await;
    let watched = watch.end().await;
    println!("{seen}; {watched}; seed {seed}");

    assert!(seen.refused > 0, "there were too many of them: {seen}");
    assert!(seen.writes.within(1.0) <= SHORT_ACCEPTED_BOUND, "{seen}");
    for _ in 0..CALLS_AFTERWARDS {
        let took = one_call(&up).await;
        assert!(took <= CALM_BOUND, "a call alone took {took:?}");
    }
    prove(&home, up, &seen).await;
}

/// Started by `cargo xtask overload`, which sets what is read here.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes as long as it is told to; `cargo xtask overload` runs it"]
async fn long_run() {
    let seconds = Duration::from_secs(number("OVERLOAD_SECONDS").unwrap_or(60));
    let callers = usize::try_from(number("OVERLOAD_CALLERS").unwrap_or(2_560)).unwrap();
    let seed = number("OVERLOAD_SEED").unwrap_or(1);
    let home = Home::new();
    let up = home.up().await;
    let calm = Crowd { seed, callers: CALM_CALLERS, duration: CALM_DURATION }.call(&up.url).await;
    println!("calm, {CALM_CALLERS} callers: {calm}");

    let watch = Watch::begin(&up);
    let mut seen = Crowd { seed: seed + 1, callers, duration: seconds }.call(&up.url).await;
    let watched = watch.end().await;
    let recovered = recovery(&up).await;
    println!("overload, {callers} callers: {seen}; {watched}; all is as before after {recovered:?}; seed {seed}");

    assert!(seen.refused > 0, "there were too few callers: {seen}");
    assert!(seen.writes.within(0.99) <= LONG_ACCEPTED_BOUND, "{seen}");
    assert!(watched.growth_bytes() <= GROWTH_BYTES_MAX, "{watched}");
    assert!(watched.keeps_its_pace(PACE_KEPT_MIN), "{watched}");
    assert!(recovered <= RECOVERY_BOUND, "{recovered:?}");
    seen.add(calm);
    prove(&home, up, &seen).await;
}

/// What holds whatever happened: every answer was one or the other, and the log has what was acknowledged and nothing else.
async fn prove(home: &Home, up: Up, seen: &Seen) {
    assert_eq!(seen.strange, [] as [&str; 0], "neither accepted nor told to return");
    stored::compare(home, &seen.created).await;
    let (sound, out, error) = home.run(&["verify"]).await;
    assert!(sound, "{out}{error}");
    assert_eq!(up.stop().await, Some(0));
}

/// Until a call alone is quick again, and the views have everything.
async fn recovery(up: &Up) -> Duration {
    let begun = Instant::now();
    while begun.elapsed() <= PATIENCE && (one_call(up).await > QUICK || watch::lag_events(&up.url).await > 0) {}
    begun.elapsed()
}

async fn one_call(up: &Up) -> Duration {
    let begun = Instant::now();
    let found = up.call("find", json!({ "view": "ready", "limit": 1 })).await;
    assert!(found["rows"].is_array(), "{found}");
    begun.elapsed()
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap())
}
