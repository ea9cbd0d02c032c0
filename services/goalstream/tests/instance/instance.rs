//! A running `goalstream up`, for one test.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{Instant, sleep},
};
use uuid::Uuid;

/// How long anything that we wait for may take.
const BOUND: Duration = Duration::from_secs(60);
/// How often we look.
const INTERVAL: Duration = Duration::from_millis(20);

/// A data directory of its own; everything that runs in it is stopped, and it is removed, when it is dropped.
pub(crate) struct Home(PathBuf);

impl Home {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("goalstream-home-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&path).unwrap();
        Self(path.join("data"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A command of the executable in this home, unaware of what the environment of the test says.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_goalstream"));
        for variable in ["DATABASE_URL", "NATS_URL", "GOALSTREAM_DATA_DIR", "GOALSTREAM_LISTEN", "GOALSTREAM_URL"] {
            command.env_remove(variable);
        }
        command.args(arguments).arg("--data-dir").arg(&self.0).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs a command to its end: whether it succeeded, and what it printed on both streams.
    pub(crate) async fn run(&self, arguments: &[&str]) -> (bool, String, String) {
        let output = tokio::time::timeout(BOUND, self.command(arguments).output()).await.unwrap().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    }

    pub(crate) fn run_file(&self) -> Option<Value> {
        serde_json::from_str(&std::fs::read_to_string(self.0.join("run.json")).ok()?).ok()
    }

    /// What others must be told to work on the servers of the instance that runs here.
    pub(crate) fn server_flags(&self) -> [String; 6] {
        let file = self.run_file().unwrap();
        let url = |name: &str| file[name].as_str().unwrap().to_owned();
        let flag = str::to_owned;
        let (database, owner, nats) = (url("database_url"), url("owner_url"), url("nats_url"));
        [flag("--database-url"), database, flag("--owner-url"), owner, flag("--nats-url"), nats]
    }

    /// Starts everything and waits until it says where it is.
    pub(crate) async fn up(&self) -> Up {
        self.up_with(&[]).await
    }

    pub(crate) async fn up_with(&self, more: &[&str]) -> Up {
        let mut command = self.command(&["up", "--listen", "127.0.0.1:0"]);
        command.args(more);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let pid = process.id().unwrap();
        let file = until("the instance is up", || self.run_file().filter(|file| file["pid"] == json!(pid))).await;
        Up { process, url: file["url"].as_str().unwrap().to_owned() }
    }
}

impl Home {
    /// Starts one role on servers that are there, and waits until it says where it is.
    pub(crate) async fn serve(&self, role: &str, servers: &[&str]) -> Up {
        let mut command = self.command(&["serve", role, "--listen", "127.0.0.1:0", "--log", "error"]);
        command.args(servers);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
        let serving = async {
            loop {
                let line = said.next_line().await.unwrap().expect("it says where it is");
                if let Some((_, url)) = line.split_once("serving on ") {
                    return url.to_owned();
                }
            }
        };
        let url = tokio::time::timeout(BOUND, serving).await.unwrap();
        tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
        Up { process, url }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let holder = std::fs::read_to_string(self.0.join("lock")).ok().and_then(|pid| pid.trim().parse().ok());
        if let Some(pid) = holder {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        // Servers that outlived their owner are found by the directory in their command line.
        let _ = std::process::Command::new("pkill").args(["-KILL", "-f"]).arg(&self.0).status();
        if let Some(home) = self.0.parent() {
            let _ = std::fs::remove_dir_all(home);
        }
    }
}

/// A running instance.
pub(crate) struct Up {
    process: Child,
    pub(crate) url: String,
}

impl Up {
    /// Ctrl-C; the exit code.
    pub(crate) async fn stop(mut self) -> Option<i32> {
        kill(self.pid(), Signal::SIGINT).unwrap();
        tokio::time::timeout(BOUND, self.process.wait()).await.unwrap().unwrap().code()
    }

    /// Waits until somebody has stopped it; the exit code.
    pub(crate) async fn ended(mut self) -> Option<i32> {
        tokio::time::timeout(BOUND, self.process.wait()).await.unwrap().unwrap().code()
    }

    pub(crate) async fn kill(mut self) {
        kill(self.pid(), Signal::SIGKILL).unwrap();
        self.process.wait().await.unwrap();
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.process.id().unwrap()).unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        answer.json().await.unwrap()
    }

    /// Calls a tool over HTTP in the newer era of the protocol; what it answered, structured.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.call_traced(tool, arguments, None).await
    }

    pub(crate) async fn call_traced(&self, tool: &str, arguments: Value, traceparent: Option<&str>) -> Value {
        let mut meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "instance-test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        if let Some(traceparent) = traceparent {
            meta["traceparent"] = json!(traceparent);
        }
        let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let request = reqwest::Client::new()
            .post(format!("{}/mcp", self.url))
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool)
            .body(body.to_string());
        let answer: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        assert!(answer["error"].is_null(), "{answer}");
        answer["result"]["structuredContent"].clone()
    }
}

/// Waits for something to be there.
pub(crate) async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + BOUND;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited for ever: {what}");
        sleep(INTERVAL).await;
    }
}
