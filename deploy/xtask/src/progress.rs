//! Progress lines with elapsed seconds on stderr, and on a terminal a spinner with what runs at the moment.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const FRAME_DELAY: Duration = Duration::from_millis(120);
const FRAMES: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/// Without a terminal, a line now and then shows that we are alive.
const HEARTBEAT_DELAY: Duration = Duration::from_secs(15);

/// A spinner line is cut to this many characters, so that it never wraps.
const LINE_CHARACTERS_MAX: usize = 78;

/// Cheap to clone; all clones write to the same place.
#[derive(Clone)]
pub(crate) struct Progress(Arc<Shared>);

struct Shared {
    started: Instant,
    terminal: bool,
    /// What runs, by label, with its latest detail.
    running: Mutex<BTreeMap<String, String>>,
}

impl Progress {
    /// Starts the clock and the spinner; needs a runtime.
    pub(crate) fn start() -> Self {
        let terminal = stderr().is_terminal();
        let progress = Self(Arc::new(Shared { started: Instant::now(), terminal, running: Mutex::default() }));
        tokio::spawn(progress.clone().animate());
        progress
    }

    /// Prints one line.
    pub(crate) fn say(&self, line: &str) {
        // Held while writing, so that the spinner cannot draw into the line.
        let _running = self.running();
        let clear = if self.0.terminal { "\r\x1b[K" } else { "" };
        let seconds = self.0.started.elapsed().as_secs_f32();
        let _closed = writeln!(stderr(), "{clear}[{seconds:6.1} s] {line}");
    }

    /// Shows `label` as running until the returned value is dropped.
    pub(crate) fn running_until_dropped(&self, label: &str) -> Running {
        self.running().insert(label.to_owned(), String::new());
        Running { progress: self.clone(), label: label.to_owned() }
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn animate(self) {
        for frame in FRAMES.iter().cycle() {
            tokio::time::sleep(if self.0.terminal { FRAME_DELAY } else { HEARTBEAT_DELAY }).await;
            let running = self.running();
            if running.is_empty() {
                continue;
            }
            let seconds = self.0.started.elapsed().as_secs();
            let parts: Vec<String> = running.iter().map(|(label, detail)| format!("{label} {detail}")).collect();
            let line: String =
                format!("{frame} {seconds} s  {}", parts.join(" | ")).chars().take(LINE_CHARACTERS_MAX).collect();
            let _closed = if self.0.terminal {
                write!(stderr(), "\r\x1b[K{line}").and_then(|()| stderr().flush())
            } else {
                writeln!(stderr(), "[{seconds:4}.0 s] still at it: {}", parts.join(" | "))
            };
        }
    }
}

/// Something that runs.
pub(crate) struct Running {
    progress: Progress,
    label: String,
}

impl Running {
    /// Shows what it is doing now.
    pub(crate) fn detail(&self, detail: &str) {
        self.progress.running().insert(self.label.clone(), detail.to_owned());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = self.progress.running();
        running.remove(&self.label);
        if self.progress.0.terminal {
            let _closed = write!(stderr(), "\r\x1b[K");
        }
    }
}
