//! What the writers were told, held against the log the moment they are told it, and once more at the end.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::Recorded;
use event_store::{NewCommand, Receipt};
use uuid::Uuid;

use crate::{postgres::Postgres, promise::Promise, world::World};

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ledger(Arc<Shared>);

struct Shared {
    world: World,
    postgres: Postgres,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sent: HashSet<Uuid>,
    refused: BTreeSet<Uuid>,
    receipts: HashMap<Uuid, Receipt>,
    /// What was acknowledged, with its goal, in that order: what can be repeated.
    done: Vec<(u64, NewCommand)>,
    /// Where each goal's stream was last said to stand.
    sequences: BTreeMap<u64, u64>,
}

impl Ledger {
    pub(crate) fn new(world: World, postgres: Postgres) -> Self {
        Self(Arc::new(Shared { world, postgres, state: Mutex::default() }))
    }

    pub(crate) fn sent(&self, commands: &[NewCommand]) {
        self.state().sent.extend(commands.iter().map(|command| command.command_id));
    }

    /// Nothing of them may ever be stored.
    pub(crate) fn refused(&self, commands: &[NewCommand]) {
        self.state().refused.extend(commands.iter().map(|command| command.command_id));
    }

    pub(crate) fn sequence(&self, goal: u64) -> u64 {
        self.state().sequences.get(&goal).copied().unwrap_or_default()
    }

    pub(crate) fn stands_at(&self, goal: u64, sequence: u64) {
        self.state().sequences.insert(goal, sequence);
    }

    /// Something to do once more.
    pub(crate) fn repeat(&self) -> Option<(u64, NewCommand)> {
        let done = self.state().done.len() as u64;
        let chosen = (done > 0).then(|| self.0.world.below(done))?;
        self.state().done.get(chosen as usize).cloned()
    }

    /// A receipt that says "stored by this call" (appended) or "stored before".
    pub(crate) fn acknowledged(&self, goal: u64, command: &NewCommand, receipt: Receipt, appended: bool) {
        let id = command.command_id;
        if let Err(problem) = self.judge(command, &receipt, appended) {
            self.0
                .world
                .broken(Promise::Acknowledged, format!("command {id} has the receipt {receipt:?}, and {problem}"));
        }
        let mut state = self.state();
        let earlier = state.receipts.insert(id, Receipt { duplicate: false, ..receipt });
        match earlier {
            None => state.done.push((goal, command.clone())),
            Some(first) if first == (Receipt { duplicate: false, ..receipt }) => {}
            Some(first) => {
                self.0.world.broken(Promise::FirstReceipt, format!("command {id} got {receipt:?} after {first:?}"));
            }
        }
    }

    fn judge(&self, command: &NewCommand, receipt: &Receipt, appended: bool) -> Result<(), String> {
        let events = command.events.len() as u64;
        if receipt.last_position + 1 != receipt.first_position + events {
            return Err(format!("it has {events} events"));
        }
        for (position, place) in (receipt.first_position..=receipt.last_position).zip(0..) {
            let is_ours = |event: &Recorded| event.command_id == command.command_id && event.command_pos == place;
            if !self.0.postgres.holds(position, is_ours) {
                return Err(format!("position {position} is not committed as its event {place}"));
            }
        }
        let tells = |event: &Recorded| event.sequence == receipt.sequence && event.recorded_at == receipt.recorded_at;
        if !self.0.postgres.holds(receipt.last_position, tells) {
            return Err("its last event says otherwise".to_owned());
        }
        let sent_now = |event: &Recorded| event.event_id == command.events[0].event_id;
        match self.0.postgres.holds(receipt.first_position, sent_now) == appended && receipt.duplicate != appended {
            true => Ok(()),
            false => Err(format!("whether this call has stored it is not {appended}")),
        }
    }

    /// Everything that was acknowledged is there once; nothing else is but what was sent.
    pub(crate) fn check(&self, stored: &HashMap<Uuid, u64>) {
        let (state, world) = (self.state(), &self.0.world);
        for (command, receipt) in &state.receipts {
            if stored.get(command) != Some(&receipt.first_position) {
                let at = receipt.first_position;
                world.broken(Promise::Acknowledged, format!("command {command} was acknowledged at {at} and is lost"));
            }
        }
        for command in stored.keys() {
            if !state.sent.contains(command) {
                world.broken(Promise::Once, format!("command {command} is stored and was never sent"));
            }
            if state.refused.contains(command) {
                world.broken(Promise::Refused, format!("command {command} is stored and was refused"));
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
