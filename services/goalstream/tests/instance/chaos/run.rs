//! A run: round after round of load, fault, healing and proof.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use futures::future::join_all;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    check::{self, History, Told},
    faults,
    ledger::{Ledger, Line},
    load::Load,
    plan::Plan,
    readers::Readers,
    violation::Violation,
    world::World,
};

/// More than this, and the rest would tell nothing new.
const VIOLATIONS_MAX: usize = 20;

/// More than this between two looks at the time, and it was not ours.
const STANDSTILL: Duration = Duration::from_secs(10);
const STANDSTILL_INTERVAL: Duration = Duration::from_secs(1);

/// What is run.
pub(crate) struct Run {
    pub(crate) seed: u64,
    pub(crate) rounds: RangeInclusive<u64>,
    /// The longest that anything is frozen or silent.
    pub(crate) hold_max: Duration,
}

impl Run {
    /// Runs all of it on servers of its own, and panics when a promise was not kept, or when Ctrl-C or a standstill ends it.
    pub(crate) async fn complete(self, mut ledger: Ledger) {
        println!("chaos: SEED={}", self.seed);
        let mut stage = Stage::set().await;
        let world = Arc::clone(&stage.world);
        tokio::select! {
            () = stage.play(&self, &mut ledger) => {}
            _ = tokio::signal::ctrl_c() => {
                world.forget();
                panic!("interrupted; `cargo xtask chaos --resume` goes on");
            }
            stood_still = standstill() => {
                world.forget();
                panic!("stood still for {stood_still:?}; `cargo xtask chaos --resume` goes on with the round that this spoilt");
            }
        }
        println!("{}", ledger.summary());
        let sound = ledger.violations() == 0 && world.violations.take().is_empty();
        assert!(sound, "see above; SEED={}, all logs are in {}", self.seed, world.folder().display());
        world.forget();
    }
}

/// Returns when this process did not run for a while, be it that somebody stopped it or that the machine slept: whatever had a bound
/// meanwhile says nothing about what is tested.
async fn standstill() -> Duration {
    loop {
        let begun = Instant::now();
        sleep(STANDSTILL_INTERVAL).await;
        if begun.elapsed() > STANDSTILL {
            return begun.elapsed();
        }
    }
}

/// Servers, load and readers, and what is known of them.
struct Stage {
    world: Arc<World>,
    load: Arc<Load>,
    readers: Readers,
    history: History,
    /// Everything that workers were told.
    told: Told,
    resets: u64,
    hopeless: bool,
}

impl Stage {
    async fn set() -> Self {
        let world = Arc::new(World::start().await);
        let (load, readers) = (Load::new(Arc::clone(&world)), Readers::start(&world).await);
        Self { world, load, readers, history: History::default(), told: Told::default(), resets: 0, hopeless: false }
    }

    async fn play(&mut self, run: &Run, ledger: &mut Ledger) {
        for round in run.rounds.clone() {
            ledger.add(self.round(run, round).await);
            if self.hopeless || ledger.violations() > VIOLATIONS_MAX {
                return;
            }
        }
        check::judge_all(&self.world, &self.readers, &self.told).await;
    }

    async fn round(&mut self, run: &Run, round: u64) -> Line {
        let plan = Plan::of(run.seed, round, run.hold_max, self.world.possible());
        println!("round {round}: {plan}");
        let (over, is_over) = watch::channel(false);
        let workers = self.load.start(run.seed, round, &is_over);
        sleep(plan.begins_after).await;
        join_all(plan.faults.iter().map(|fault| faults::strike(&self.world, *fault))).await;
        let healing = Instant::now();
        over.send_replace(true);
        workers.join_all().await;
        if let Some(fault) = plan.quiet {
            faults::strike(&self.world, fault).await;
        }
        let healed = (check::catch_up(&self.world, &self.readers).await, healing.elapsed());
        let told = self.load.receipts.take();
        check::judge(&self.world, &self.readers, &mut self.history, &told).await;
        self.world.violations.add_all(self.load.register.judge(&self.history));
        self.note(run.seed, round, &plan, healed, told)
    }

    fn note(
        &mut self,
        seed: u64,
        round: u64,
        plan: &Plan,
        (healed_last, healing): (String, Duration),
        told: Told,
    ) -> Line {
        let violations = self.world.violations.take();
        self.hopeless = violations.iter().any(Violation::ends_the_run);
        let resets = self.readers.resets();
        let line = Line {
            round,
            seed,
            kind: plan.kind(),
            fault: plan.to_string(),
            acknowledged: told.acknowledged.len(),
            repeats: told.repeats,
            resets: resets - self.resets,
            head: self.history.head(),
            seconds_to_heal: healing.as_secs_f64(),
            healed_last,
            violations: violations.iter().map(|violation| format!("{violation:?}")).collect(),
        };
        self.resets = resets;
        self.told.acknowledged.extend(told.acknowledged);
        self.told.refused.extend(told.refused);
        line
    }
}
