//! What goes wrong in a round: drawn by chance, each kind with its weight.

use std::{fmt, ops::Range, time::Duration};

use local_stack::Server;

use super::chance::Chance;

/// The purpose of this chance; workers have theirs.
const PURPOSE: u64 = 0;
/// Rounds of a hundred in which two things go wrong at once.
const TWICE_PERCENT: u64 = 15;
/// Rounds of a hundred in which something goes wrong once more when the last of the load has been answered: nothing is written then that
/// would tell anybody what was lost.
const QUIET_PERCENT: u64 = 10;
/// How far into the load it happens.
const BEGINS_AFTER: Range<Duration> = Duration::ZERO..Duration::from_millis(200);
const SLOW: Range<Duration> = Duration::from_millis(20)..Duration::from_millis(300);
/// How long a link is slow.
pub(crate) const SLOW_FOR: Duration = Duration::from_secs(1);
const HOLD_MIN: Duration = Duration::from_millis(100);
/// How far a clock is stepped, in seconds. Two that are stepped apart by twice as much still agree on who holds a task: a lease lasts
/// a quarter of an hour.
const STEP_SECONDS: Range<u64> = 1..300;

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

/// Whose clock is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clockwork {
    Postgres,
    Node(Side),
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
    /// The connections that there are lead nowhere any more.
    Forsake(Link),
    /// NATS loses its store.
    LoseStore,
    DeleteStream,
    /// A disk has no more room, for so long.
    FillDisk(Server, Duration),
    /// The same, and Postgres needs another file for its write-ahead log just then.
    FillDiskOfWal(Duration),
    /// So many seconds forth, then as many back, each for so long.
    StepClock(Clockwork, u64, Duration),
    /// An older Postgres is put back under nodes that run, and then the newer one.
    RestoreOlder,
}

/// What this machine lets us do. What it does not is never drawn, so a seed has the same plans only where the same is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Possible {
    pub(crate) disks: bool,
    pub(crate) clocks: bool,
}

/// What happens in one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// All at the same time.
    pub(crate) faults: Vec<Fault>,
    pub(crate) begins_after: Duration,
    /// When the load is over.
    pub(crate) quiet: Option<Fault>,
}

impl Plan {
    /// The plan of a round; nothing lasts longer than `hold_max`.
    pub(crate) fn of(seed: u64, round: u64, hold_max: Duration, possible: Possible) -> Self {
        let mut chance = Chance::of(seed, round, PURPOSE);
        let begins_after = chance.between(BEGINS_AFTER);
        let amount = if chance.happens(TWICE_PERCENT) { 2 } else { 1 };
        let drawn: Vec<Fault> = (0..amount).map(|_| Fault::draw(&mut chance, HOLD_MIN..hold_max, possible)).collect();
        let alone = drawn.iter().copied().find(|fault| fault.needs_the_servers());
        let quiet = chance.happens(QUIET_PERCENT).then(|| Fault::in_the_quiet(&mut chance));
        Self { faults: alone.map_or(drawn, |fault| vec![fault]), begins_after, quiet }
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
    fn draw(chance: &mut Chance, hold: Range<Duration>, possible: Possible) -> Self {
        let side = *chance.pick(&Side::BOTH);
        let (pause, slow) = (chance.between(hold), chance.between(SLOW));
        let backend = Victim::Backend(chance.below(1_000));
        let seconds = STEP_SECONDS.start + chance.below(STEP_SECONDS.end - STEP_SECONDS.start);
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
            (5, Self::Forsake(Link::Postgres(side))),
            (4, Self::Forsake(Link::Nats(side))),
            (2, Self::FillDisk(Server::Postgres, pause)),
            (2, Self::FillDisk(Server::Nats, pause)),
            (2, Self::FillDiskOfWal(pause)),
            (5, Self::StepClock(Clockwork::Node(side), seconds, pause)),
            (3, Self::StepClock(Clockwork::Postgres, seconds, pause)),
            (3, Self::RestoreOlder),
        ];
        let weighted = || weighted.into_iter().filter(move |(_, fault)| fault.is_possible(possible));
        let mut drawn = chance.below(weighted().map(|(weight, _)| weight).sum());
        for (weight, fault) in weighted() {
            match drawn.checked_sub(weight) {
                Some(rest) => drawn = rest,
                None => return fault,
            }
        }
        unreachable!("less than the sum of all weights was drawn")
    }

    /// What is over at once.
    fn in_the_quiet(chance: &mut Chance) -> Self {
        let kill = [Victim::Postgres, Victim::Backend(chance.below(1_000)), Victim::Nats, Victim::Everything];
        let faults = [kill.map(Self::Kill).as_slice(), &[Self::LoseStore, Self::DeleteStream]].concat();
        *chance.pick(&faults)
    }

    fn is_possible(self, possible: Possible) -> bool {
        match self {
            Self::FillDisk(..) | Self::FillDiskOfWal(_) => possible.disks,
            Self::StepClock(..) => possible.clocks,
            _ => true,
        }
    }

    /// It starts servers itself, and they must be able to, so nothing else goes wrong with it.
    fn needs_the_servers(self) -> bool {
        matches!(self, Self::FillDisk(..) | Self::FillDiskOfWal(_) | Self::RestoreOlder)
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
            Self::Forsake(Link::Postgres(_)) => "forsaken by Postgres",
            Self::Forsake(Link::Nats(_)) => "forsaken by NATS",
            Self::LoseStore => "NATS loses its store",
            Self::DeleteStream => "delete the stream",
            Self::FillDisk(Server::Postgres, _) => "full disk of Postgres",
            Self::FillDisk(Server::Nats, _) => "full disk of NATS",
            Self::FillDiskOfWal(_) => "full disk, no WAL",
            Self::StepClock(Clockwork::Postgres, ..) => "step Postgres' clock",
            Self::StepClock(Clockwork::Node(_), ..) => "step a node's clock",
            Self::RestoreOlder => "an older Postgres",
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<String> = self.faults.iter().map(|fault| format!("{fault:?}")).collect();
        out.write_str(&faults.join(" + "))?;
        self.quiet.map_or(Ok(()), |fault| write!(out, ", and in the quiet {fault:?}"))
    }
}

#[test]
fn a_plan_follows_from_seed_and_round_and_all_kinds_that_are_possible_are_drawn() {
    let plan = |round, disks, clocks| Plan::of(1, round, Duration::from_secs(3), Possible { disks, clocks });
    assert_eq!(plan(5, true, true), plan(5, true, true));
    let kinds = |disks, clocks| -> std::collections::BTreeSet<_> {
        (0..2_000).map(|round| plan(round, disks, clocks).kind()).collect()
    };
    assert_eq!(kinds(true, true).len(), 27, "{:?}", kinds(true, true));
    assert_eq!(kinds(false, true).len(), 24, "{:?}", kinds(false, true));
    assert_eq!(kinds(true, false).len(), 25, "{:?}", kinds(true, false));
}
