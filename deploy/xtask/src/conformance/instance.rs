//! A private instance for one run, with data that goes with it.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use local_stack::shared::target_dir;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout};

use crate::command::program;
use crate::progress::Progress;

/// With the making of a private Postgres, on a machine that does other things too.
const START_BOUND: Duration = Duration::from_secs(180);
const STOP_BOUND: Duration = Duration::from_secs(60);
/// How often the file is looked for that it writes when it is ready.
const LOOK_DELAY: Duration = Duration::from_millis(100);

pub(super) struct Instance {
    process: Child,
    folder: PathBuf,
    /// Where its MCP door is.
    pub(super) url: String,
    pub(super) rest_url: String,
}

impl Instance {
    pub(super) async fn start(log: &Path, progress: &Progress) -> anyhow::Result<Self> {
        let _running = progress.running_until_dropped("goalstream");
        let folder = std::env::temp_dir().join(format!("goalstream-conformance-{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        // Under root, Postgres runs as another user, who must get as far as the data.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        let output = File::create(log).with_context(|| format!("write {}", log.display()))?;
        let mut command = program(&executable().to_string_lossy());
        command.args(["up", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.join("data"));
        command.stdout(output.try_clone()?).stderr(output);
        let mut instance = Self {
            process: command.spawn().context("start goalstream up")?,
            folder,
            url: String::new(),
            rest_url: String::new(),
        };
        match instance.ready().await {
            Ok(urls) => (instance.url, instance.rest_url) = urls,
            Err(error) => {
                instance.stop().await?;
                return Err(error.context(format!("what it printed is in {}", log.display())));
            }
        }
        Ok(instance)
    }

    /// The addresses, as soon as they stand in the file by which an instance is found.
    async fn ready(&mut self) -> anyhow::Result<(String, String)> {
        let (file, began) = (self.folder.join("data/run.json"), Instant::now());
        while began.elapsed() < START_BOUND {
            let written = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
            let url = |of: &str| written.as_ref().and_then(|run| Some(run[of].as_str()?.to_owned()));
            if let Some(urls) = url("mcp_url").zip(url("url")) {
                return Ok(urls);
            }
            if let Some(status) = self.process.try_wait().context("look after goalstream up")? {
                bail!("goalstream up ended ({status})");
            }
            sleep(LOOK_DELAY).await;
        }
        bail!("goalstream up was not ready within {} s", START_BOUND.as_secs())
    }

    /// The stdio door to it.
    pub(super) fn stdio(&self) -> [String; 4] {
        let texts = [executable(), "mcp".into(), "--data-dir".into(), self.folder.join("data")];
        texts.map(|text| text.to_string_lossy().into_owned())
    }

    /// In order, so that its servers end too; its data goes with it.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(pid) = self.process.id().and_then(|pid| i32::try_from(pid).ok()) {
            kill(Pid::from_raw(pid), Signal::SIGINT).context("interrupt goalstream up")?;
        }
        let ended = timeout(STOP_BOUND, self.process.wait()).await;
        let status = ended.with_context(|| format!("goalstream up did not stop within {} s", STOP_BOUND.as_secs()))?;
        status.context("wait for goalstream up")?;
        fs::remove_dir_all(&self.folder).with_context(|| format!("remove {}", self.folder.display()))
    }
}

/// The one just built.
fn executable() -> PathBuf {
    target_dir().join("debug/goalstream")
}
