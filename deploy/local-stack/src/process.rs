//! One server process, whether we started it or found it running after our predecessor was killed.

use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::error::{Doing, StackError};

/// How often a process is looked at while we wait for it.
pub(crate) const LOOK_DELAY: Duration = Duration::from_millis(20);

/// What our servers' programs are called.
const PROGRAMS: [&str; 2] = ["postgres", "nats-server"];

/// How long a process may take to end after SIGKILL.
const KILL_BOUND: Duration = Duration::from_secs(10);

/// A server that has `argument`, a path in our data directory, on its command line: that is how we know it as ours, since
/// a process id alone may long belong to somebody else, and somebody may look at our files with any other program.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    pid: Pid,
    argument: String,
    /// Present when it is our child, which must be reaped.
    child: Option<Child>,
}

impl ServerProcess {
    pub(crate) fn spawn(mut command: Command, argument: &Path) -> Result<Self, StackError> {
        let doing = format!("start {}", command.as_std().get_program().display());
        let argument = argument.display().to_string();
        let child = command.spawn().doing(|| doing.clone())?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        let pid = pid.ok_or_else(|| StackError::Failed { doing, detail: "it ended at once".into() })?;
        Ok(Self { pid: Pid::from_raw(pid), argument, child: Some(child) })
    }

    /// The process with this id, if it really is ours.
    pub(crate) fn adopt(pid: i32, argument: &Path) -> Option<Self> {
        let argument = argument.display().to_string();
        command_lines::is_server(pid, &argument).then(|| Self { pid: Pid::from_raw(pid), argument, child: None })
    }

    /// Looks through all processes for ours.
    pub(crate) fn find(argument: &Path) -> Option<Self> {
        command_lines::all_pids().into_iter().find_map(|pid| Self::adopt(pid, argument))
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        match &mut self.child {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => command_lines::is_server(self.pid(), &self.argument),
        }
    }

    /// Sends a signal unless the process is gone; that it just went is no error.
    pub(crate) fn signal(&mut self, signal: Signal) {
        if self.is_alive() {
            let _gone_meanwhile = kill(self.pid, signal);
        }
    }

    /// Waits for the end; false when it still lives after `bound`.
    pub(crate) async fn ended_within(&mut self, bound: Duration) -> bool {
        let deadline = Instant::now() + bound;
        while self.is_alive() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(LOOK_DELAY).await;
        }
        true
    }

    /// Sends each signal in turn and gives it its time, then kills.
    pub(crate) async fn stop(&mut self, steps: &[(Signal, Duration)]) -> Result<(), StackError> {
        for (signal, bound) in steps {
            self.signal(*signal);
            if self.ended_within(*bound).await {
                return Ok(());
            }
            tracing::warn!(pid = self.pid(), %signal, "a server did not stop in time");
        }
        self.signal(Signal::SIGKILL);
        if self.ended_within(KILL_BOUND).await {
            return Ok(());
        }
        let detail = format!("process {} is still there {} s after SIGKILL", self.pid, KILL_BOUND.as_secs());
        Err(StackError::Failed { doing: "stop a server".into(), detail })
    }
}

/// The ids of all servers' processes that work in `folder`. Postgres' processes all do, also those that outlived their postmaster.
/// Only Linux can tell; elsewhere the answer is empty, and an outliving process ends by itself within moments.
pub(crate) fn working_in(folder: &Path) -> Vec<i32> {
    command_lines::all_pids().into_iter().filter(|pid| command_lines::works_in(*pid, folder)).collect()
}

/// Runs a command to its end and returns what it printed; a failure carries the end of that.
pub(crate) async fn output(mut command: Command, doing: &str, bound: Duration) -> Result<String, StackError> {
    let failed = |detail: String| StackError::Failed { doing: doing.to_owned(), detail };
    command.kill_on_drop(true);
    let output = tokio::time::timeout(bound, command.output())
        .await
        .map_err(|_elapsed| failed(format!("no end after {} s", bound.as_secs())))?
        .doing(|| doing.to_owned())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    Err(failed(last_lines(&format!("{text}{}", String::from_utf8_lossy(&output.stderr)))))
}

/// The end of a text, as much as a person wants to see of it in an error.
pub(crate) fn last_lines(text: &str) -> String {
    const LINES_MAX: usize = 8;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LINES_MAX)..].join("\n")
}

#[cfg(target_os = "linux")]
mod command_lines {
    use std::{fs, path::Path};

    use super::PROGRAMS;

    /// A zombie has an empty command line, so it does not count as running.
    pub(super) fn is_server(pid: i32, argument: &str) -> bool {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| word == argument.as_bytes()) && runs_server(pid)
    }

    pub(super) fn works_in(pid: i32, folder: &Path) -> bool {
        fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == folder) && runs_server(pid)
    }

    /// The name of the program, which stays when a process writes something else over its command line.
    fn runs_server(pid: i32) -> bool {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        // Some systems wrap programs, and call what is wrapped `.postgres-wrapped`.
        let wrapped = name.strip_prefix('.');
        let is = |program: &&str| name.trim_end() == *program || wrapped.is_some_and(|name| name.starts_with(*program));
        PROGRAMS.iter().any(is)
    }

    pub(super) fn all_pids() -> Vec<i32> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    }
}

#[cfg(not(target_os = "linux"))]
mod command_lines {
    use std::{path::Path, process::Command};

    use super::PROGRAMS;

    pub(super) fn is_server(pid: i32, argument: &str) -> bool {
        let line = ps(&["-ww", "-o", "command=", "-p", &pid.to_string()]);
        let program = line.split_whitespace().next().and_then(|path| Path::new(path).file_name()?.to_str());
        line.contains(argument) && program.is_some_and(|program| PROGRAMS.contains(&program))
    }

    pub(super) fn works_in(_pid: i32, _folder: &Path) -> bool {
        false
    }

    pub(super) fn all_pids() -> Vec<i32> {
        ps(&["-A", "-o", "pid="]).lines().filter_map(|line| line.trim().parse().ok()).collect()
    }

    fn ps(arguments: &[&str]) -> String {
        let output = Command::new("ps").args(arguments).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
    }
}
