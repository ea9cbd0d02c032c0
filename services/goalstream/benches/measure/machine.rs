//! What the numbers were measured on.

use std::{
    fmt,
    fs::{self, File},
    os::unix::fs::FileExt,
    path::Path,
    process::Command,
    time::Instant,
};

use local_stack::Endpoints;
use serde::Serialize;

use super::{PAYLOAD_BYTES, Spread};

/// One page of Postgres, in bytes.
const PAGE_BYTES: usize = 8 * 1024;
/// Pages of the file that is written to, so that no write makes it longer.
const PAGES: u64 = 1_024;
/// Writes that are timed.
const WRITES: u64 = 300;

/// What else one has to know to judge a number.
#[derive(Serialize)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    kernel: String,
    commit: String,
    postgres: String,
    nats: String,
    payload_bytes: usize,
    /// Writing one page over and making it durable, where Postgres keeps its log, in milliseconds.
    fsync_ms: Spread,
    /// Processes that wanted to run during the last minute, before we began.
    load: String,
}

impl Machine {
    pub(crate) fn look(endpoints: &Endpoints) -> anyhow::Result<Self> {
        let first_word = |path: &str| read(path).split_whitespace().next().unwrap_or("unknown").to_owned();
        Ok(Self {
            cpu: cpu(),
            cores: std::thread::available_parallelism()?.get(),
            kernel: first_word("/proc/sys/kernel/osrelease"),
            commit: commit(),
            postgres: endpoints.postgres_version.clone(),
            nats: endpoints.nats_version.clone(),
            payload_bytes: PAYLOAD_BYTES,
            load: first_word("/proc/loadavg"),
            fsync_ms: fsync(&endpoints.data_dir)?,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}, {} cores, Linux {}, load {} before", self.cpu, self.cores, self.kernel, self.load)?;
        writeln!(
            out,
            "Commit {}, Postgres {}, NATS {}, payload {} bytes",
            self.commit, self.postgres, self.nats, self.payload_bytes
        )?;
        let fsync = &self.fsync_ms;
        writeln!(out, "write + fdatasync of 8 kB: p50 {:.3} ms, p99 {:.3} ms", fsync.p50, fsync.p99)
    }
}

fn cpu() -> String {
    let about = read("/proc/cpuinfo");
    let model = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or("unknown processor", |(_, name)| name.trim()).to_owned()
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else { return "none yet".to_owned() };
    let is_changed = git(&["status", "--porcelain"]).is_none_or(|changes| !changes.is_empty());
    if is_changed { format!("{commit} with changes") } else { commit }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// What a commit cannot do without, as `pg_test_fsync` measures it.
fn fsync(folder: &Path) -> anyhow::Result<Spread> {
    let path = folder.join("fsync-probe");
    let file = File::create(&path)?;
    let page = [0x5a; PAGE_BYTES];
    let offset = |write: u64| write % PAGES * PAGE_BYTES as u64;
    (0..PAGES).try_for_each(|write| file.write_all_at(&page, offset(write)))?;
    file.sync_all()?;
    let mut times = Vec::new();
    for write in 0..WRITES {
        let begun = Instant::now();
        file.write_all_at(&page, offset(write))?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    fs::remove_file(path)?;
    Ok(Spread::of_times(times))
}
