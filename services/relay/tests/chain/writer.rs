//! Appends events that nobody decided, by chance.

use std::collections::HashMap;

use domain::{GoalEvent, GoalId, Metadata, StreamId, Workspace};
use event_store::{Log, NewCommand, NewEvent, Outcome, Stack};
use uuid::Uuid;

/// Goals to write to.
const GOALS: u64 = 7;
/// Text that would break a header line, were it put there as it is.
const HOSTILE: &str = "a\r\nNats-Msg-Id: other\r\n\r\n %0d \"é\" 🦀 \u{202e}";

/// Splitmix: small, and the same everywhere.
pub(crate) struct Chance(u64);

impl Chance {
    /// Prints its seed.
    pub(crate) fn new(test: &str) -> Self {
        let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
        println!("{test}: SEED={seed}");
        Self(seed)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

pub(crate) struct Writer {
    log: Log,
    chance: Chance,
    sequences: HashMap<u64, u64>,
}

impl Writer {
    pub(crate) fn new(log: Log, chance: Chance) -> Self {
        Self { log, chance, sequences: HashMap::new() }
    }

    /// A writer that goes on in a log which has events already.
    pub(crate) async fn resume(log: Log, chance: Chance) -> anyhow::Result<Self> {
        let mut writer = Self::new(log, chance);
        for goal in 0..GOALS {
            let events = writer.log.read_stream(&StreamId::from(GoalId(goal + 1)), 0, 5_000).await?;
            writer.sequences.insert(goal, events.len() as u64);
        }
        Ok(writer)
    }

    /// Appends `commands` commands of one to four events each, one after the other; returns the last position.
    pub(crate) async fn write(&mut self, commands: usize) -> anyhow::Result<u64> {
        let mut position = 0;
        for _ in 0..commands {
            position = self.command().await?;
        }
        Ok(position)
    }

    async fn command(&mut self) -> anyhow::Result<u64> {
        let goal = self.chance.below(GOALS);
        let length = 1 + self.chance.below(4);
        let expected_sequence = *self.sequences.entry(goal).or_default();
        let events = (0..length).map(|_| self.event()).collect::<Result<_, _>>()?;
        let command =
            NewCommand { command_id: Uuid::new_v4(), workspace: Workspace::DEFAULT, metadata: metadata(), events };
        let stack = Stack { stream: StreamId::from(GoalId(goal + 1)), expected_sequence, commands: vec![command] };
        let outcomes = self.log.append(stack).await?;
        let [Outcome::Appended(receipt)] = outcomes[..] else {
            anyhow::bail!("not appended: {outcomes:?}");
        };
        self.sequences.insert(goal, receipt.sequence);
        Ok(receipt.last_position)
    }

    fn event(&mut self) -> anyhow::Result<NewEvent> {
        let size = self.chance.below(600) as usize;
        Ok(NewEvent::of_goal(Uuid::now_v7(), &GoalEvent::GoalTagged { tag: "é".repeat(size) + HOSTILE })?)
    }
}

fn metadata() -> Metadata {
    let mut metadata = Metadata::default();
    metadata.set(Metadata::ACTOR_ID, Some("tester"));
    metadata.set(Metadata::CLIENT, Some(HOSTILE));
    metadata.set(Metadata::TRACEPARENT, Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    metadata.set(Metadata::WHY, Some("nobody on the bus may know"));
    metadata
}
