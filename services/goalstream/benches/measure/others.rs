//! How busy the machine is with things that are not ours, so that disturbed measurements can be told.

use std::{collections::HashMap, fs};

use local_stack::Endpoints;

/// Whoever is neither this process, nor one of its servers, nor begun by any of them; the hypervisor's other guests included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Others {
    postgres: i32,
    nats: i32,
}

/// Processor time since the machine started, in ticks of the kernel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticks {
    all: u64,
    busy: u64,
    ours: u64,
}

impl Others {
    pub(crate) fn than(endpoints: &Endpoints) -> Self {
        Self { postgres: endpoints.postgres_pid, nats: endpoints.nats_pid }
    }

    /// What has been used until now; `None` where the kernel does not tell.
    pub(crate) fn now(self) -> Option<Ticks> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let fields: Vec<u64> = numbers(stat.lines().next()?.strip_prefix("cpu ")?).take(8).collect();
        let &[user, nice, system, idle, waiting, interrupts, soft_interrupts, stolen] = fields.as_slice() else {
            return None;
        };
        let busy = user + nice + system + interrupts + soft_interrupts + stolen;
        Some(Ticks { all: busy + idle + waiting, busy, ours: self.ours()? })
    }

    /// Which part of the processors others have used since then, 0 to 1; 0 where it is not known.
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    pub(crate) fn share(self, since: Option<Ticks>) -> f64 {
        let (Some(before), Some(after)) = (since, self.now()) else { return 0.0 };
        let (busy, ours) = (after.busy - before.busy, after.ours.saturating_sub(before.ours));
        busy.saturating_sub(ours) as f64 / (after.all - before.all).max(1) as f64
    }

    fn ours(self) -> Option<u64> {
        let own = i32::try_from(std::process::id()).ok()?;
        let processes = fs::read_dir("/proc").ok()?.flatten();
        let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let processes: HashMap<i32, Process> = pids.filter_map(|pid| Some((pid, Process::read(pid)?))).collect();
        // Postgres works in children of its first process, a browser in children of its children.
        let begun_by = |pid: &i32| processes.get(pid).map(|process| process.parent);
        let is_ours = |pid: i32| {
            std::iter::successors(Some(pid), begun_by).any(|pid| [own, self.postgres, self.nats].contains(&pid))
        };
        Some(processes.iter().filter(|(pid, _)| is_ours(**pid)).map(|(_, process)| process.used).sum())
    }
}

struct Process {
    parent: i32,
    /// What it and its children that have ended have used.
    used: u64,
}

impl Process {
    fn read(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name before may hold anything; after it come the state and then numbers only.
        let (_, after_name) = stat.rsplit_once(") ")?;
        let mut fields = after_name.get(1..)?.split_whitespace();
        let parent = fields.next()?.parse().ok()?;
        // User and system time, then those of children that have ended.
        Some(Self { parent, used: fields.skip(9).take(4).filter_map(|field| field.parse::<u64>().ok()).sum() })
    }
}

fn numbers(text: &str) -> impl Iterator<Item = u64> {
    text.split_whitespace().filter_map(|field| field.parse().ok())
}
