//! What goes wrong in a round: drawn by chance, each kind with its weight.

use std::{fmt, ops::Range, time::Duration};

use super::chance::Chance;

/// The purpose of this chance; workers have theirs.
const PURPOSE: u64 = 0;
/// Rounds of a hundred in which two things go wrong at once.
const TWICE_PERCENT: u64 = 15;
/// How far into the load it happens.
const BEGINS_AFTER: Range<Duration> = Duration::ZERO..Duration::from_millis(200);
const SLOW: Range<Duration> = Duration::from_millis(20)..Duration::from_millis(300);
/// How long a link is slow.
pub(crate) const SLOW_FOR: Duration = Duration::from_secs(1);
const HOLD_MIN: Duration = Duration::from_millis(100);

/// One of the two nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    A,
    B,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::A, Self::B];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Victim {
    Postgres,
    /// One process of Postgres that serves a connection; the number chooses among those there are.
    Backend(u64),
    Nats,
    Node(Side),
    BothNodes,
    Everything,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    Postgres(Side),
    Nats(Side),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Kill(Victim),
    /// Frozen, and thawed after so long.
    Pause(Victim, Duration),
    Cut(Link),
    /// Every piece of data is late by so much.
    Slow(Link, Duration),
    /// Connections stay, and nothing passes.
    Silence(Link, Duration),
    /// NATS loses its store.
    LoseStore,
    DeleteStream,
}

/// What happens in one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// All at the same time.
    pub(crate) faults: Vec<Fault>,
    pub(crate) begins_after: Duration,
}

impl Plan {
    /// The plan of a round; nothing lasts longer than `hold_max`.
    pub(crate) fn of(seed: u64, round: u64, hold_max: Duration) -> Self {
        let mut chance = Chance::of(seed, round, PURPOSE);
        let begins_after = chance.between(BEGINS_AFTER);
        let amount = if chance.happens(TWICE_PERCENT) { 2 } else { 1 };
        let faults = (0..amount).map(|_| Fault::draw(&mut chance, HOLD_MIN..hold_max)).collect();
        Self { faults, begins_after }
    }

    /// What it is counted under.
    pub(crate) fn kind(&self) -> String {
        match &self.faults[..] {
            [one] => one.kind().to_owned(),
            _ => "two at once".to_owned(),
        }
    }
}

impl Fault {
    /// The weights are about percents. What takes a whole server with it stays rare, since it ends everything smaller at once.
    fn draw(chance: &mut Chance, hold: Range<Duration>) -> Self {
        let side = *chance.pick(&Side::BOTH);
        let (pause, slow) = (chance.between(hold), chance.between(SLOW));
        let backend = Victim::Backend(chance.below(1_000));
        let weighted = [
            (3, Self::Kill(Victim::Postgres)),
            (3, Self::Kill(Victim::Nats)),
            (2, Self::Kill(Victim::Everything)),
            (2, Self::LoseStore),
            (3, Self::DeleteStream),
            (5, Self::Kill(backend)),
            (12, Self::Kill(Victim::Node(side))),
            (4, Self::Kill(Victim::BothNodes)),
            (6, Self::Pause(Victim::Postgres, pause)),
            (7, Self::Pause(backend, pause)),
            (6, Self::Pause(Victim::Nats, pause)),
            (8, Self::Pause(Victim::Node(side), pause)),
            (8, Self::Cut(Link::Postgres(side))),
            (7, Self::Cut(Link::Nats(side))),
            (6, Self::Slow(Link::Postgres(side), slow)),
            (6, Self::Slow(Link::Nats(side), slow)),
            (6, Self::Silence(Link::Postgres(side), pause)),
            (6, Self::Silence(Link::Nats(side), pause)),
        ];
        let mut drawn = chance.below(weighted.iter().map(|(weight, _)| weight).sum());
        for (weight, fault) in weighted {
            match drawn.checked_sub(weight) {
                Some(rest) => drawn = rest,
                None => return fault,
            }
        }
        unreachable!("less than the sum of all weights was drawn")
    }

    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Kill(Victim::Postgres) => "kill Postgres",
            Self::Kill(Victim::Backend(_)) => "kill a backend",
            Self::Kill(Victim::Nats) => "kill NATS",
            Self::Kill(Victim::Node(_)) => "kill a node",
            Self::Kill(Victim::BothNodes) => "kill both nodes",
            Self::Kill(Victim::Everything) => "kill everything",
            Self::Pause(Victim::Postgres, _) => "pause Postgres",
            Self::Pause(Victim::Backend(_), _) => "pause a backend",
            Self::Pause(Victim::Nats, _) => "pause NATS",
            Self::Pause(..) => "pause a node",
            Self::Cut(Link::Postgres(_)) => "cut Postgres off",
            Self::Cut(Link::Nats(_)) => "cut NATS off",
            Self::Slow(Link::Postgres(_), _) => "slow link to Postgres",
            Self::Slow(Link::Nats(_), _) => "slow link to NATS",
            Self::Silence(Link::Postgres(_), _) => "silent link to Postgres",
            Self::Silence(Link::Nats(_), _) => "silent link to NATS",
            Self::LoseStore => "NATS loses its store",
            Self::DeleteStream => "delete the stream",
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<String> = self.faults.iter().map(|fault| format!("{fault:?}")).collect();
        out.write_str(&faults.join(" + "))
    }
}

#[test]
fn a_plan_follows_from_seed_and_round_and_all_kinds_are_drawn() {
    let hold_max = Duration::from_secs(3);
    assert_eq!(Plan::of(1, 5, hold_max), Plan::of(1, 5, hold_max));
    let kinds: std::collections::BTreeSet<_> = (0..2_000).map(|round| Plan::of(1, round, hold_max).kind()).collect();
    assert_eq!(kinds.len(), 19, "{kinds:?}");
}
