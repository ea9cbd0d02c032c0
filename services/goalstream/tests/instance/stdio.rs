//! `goalstream mcp`: the door that clients start themselves.

use std::process::Stdio;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::instance::Home;

/// A client of the older era on the other side of the pipes.
pub(crate) struct Client {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Client {
    async fn start(home: &Home) -> Self {
        Self::start_with(home, "default").await
    }

    async fn start_with(home: &Home, profile: &str) -> Self {
        Self::of(home.command(&["mcp", "--listen", "127.0.0.1:0", "--profile", profile])).await
    }

    pub(crate) async fn of(mut command: Command) -> Self {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let mut client = Self { process, input, output: BufReader::new(output).lines() };
        let about = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "pipe", "version": "1" } });
        let answer = client.ask(1, "initialize", about).await;
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25", "{answer}");
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        client
    }

    async fn send(&mut self, message: &Value) {
        self.input.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    pub(crate) async fn ask(&mut self, id: u64, method: &str, params: Value) -> Value {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
        loop {
            let line = self.output.next_line().await.unwrap().unwrap();
            let answer: Value = serde_json::from_str(&line).unwrap();
            if answer["id"] == json!(id) {
                return answer;
            }
        }
    }

    /// Calls a tool, again as long as it says BUSY: the instance behind is being started.
    async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        for id in 10..200 {
            let answer = self.ask(id, "tools/call", json!({ "name": tool, "arguments": arguments })).await;
            let told = answer["result"]["structuredContent"].clone();
            if told["code"] != "BUSY" {
                return told;
            }
            let wait = told["retry_after_ms"].as_u64().unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
        }
        panic!("BUSY for ever");
    }
}

#[tokio::test]
async fn a_window_with_other_names_for_the_tools_shares_it_too() {
    let home = Home::new();
    let (mut theirs, mut ours) = tokio::join!(Client::start_with(&home, "compat"), Client::start(&home));
    let created = theirs.call("create_goal", json!({ "description": "By another name", "repos": "[\"shop\"]" })).await;
    assert_eq!([&created["id"], &created["status"]], ["GOAL-0001", "planned"], "{created}");
    let read = json!({ "ids": ["GOAL-0001"], "min_position": created["position"] });
    let found = ours.call("get", read).await;
    assert_eq!(found["goals"][0]["title"], "By another name", "{found}");
    assert_eq!(found["goals"][0]["metadata"], json!({ "repos": ["shop"] }));
}

#[tokio::test]
async fn the_first_window_starts_an_instance_and_the_second_shares_it() {
    let home = Home::new();
    let (mut first, mut second) = tokio::join!(Client::start(&home), Client::start(&home));
    let created = first.call("create_goal", json!({ "title": "From the first window", "request_id": "w1" })).await;
    assert_eq!(created["goal"], "GOAL-0001", "{created}");
    let found = second.call("get", json!({ "ids": ["GOAL-0001"] })).await;
    assert_eq!(found["goals"][0]["title"], "From the first window", "{found}");

    // The instance outlives both windows.
    drop(first.input);
    drop(second.input);
    assert!(first.process.wait().await.unwrap().success());
    assert!(second.process.wait().await.unwrap().success());
    let mut third = Client::start(&home).await;
    let again = third.call("create_goal", json!({ "title": "From the first window", "request_id": "w1" })).await;
    assert_eq!((&again["goal"], &again["duplicate"]), (&json!("GOAL-0001"), &json!(true)), "{again}");

    // Somebody stops it, and a window that is still open leaves it at that.
    let (stopped, out, error) = home.run(&["stop"]).await;
    assert!(stopped && out.starts_with("stopped"), "{out}{error}");
    let told = third.call("get", json!({ "ids": ["GOAL-0001"] })).await;
    assert_eq!(told["code"], "UNAVAILABLE", "{told}");
    assert!(told["message"].as_str().unwrap().contains("was stopped here"), "{told}");
    assert!(home.run_file().is_none());
    let (nothing, out, _) = home.run(&["stop"]).await;
    assert!(nothing && out.starts_with("nothing runs"), "{out}");
}

/// What had the log is not replaced by private servers with an empty one.
#[tokio::test]
async fn on_servers_of_ones_own_a_window_starts_nothing_unless_it_knows_them() {
    let (servers, home) = (Home::new(), Home::new());
    let private = servers.up().await;
    let flags = servers.server_flags();
    let elsewhere = flags.each_ref().map(String::as_str);
    let up = home.up_with(&elsewhere).await;
    let mut window = Client::start(&home).await;
    window.call("create_goal", json!({ "title": "Before", "request_id": "e1" })).await;
    up.kill().await;
    for client in [&mut window, &mut Client::start(&home).await] {
        let told = client.call("get", json!({ "ids": ["GOAL-0001"] })).await;
        assert_eq!(told["code"], "UNAVAILABLE", "{told}");
        assert!(told["message"].as_str().unwrap().contains("a Postgres and a NATS of yours"), "{told}");
    }
    assert!(!home.path().join("postgres").exists(), "nothing private was begun");

    let settings = home.path().with_file_name("goalstream.toml");
    let [_, database, _, owner, _, nats] = elsewhere;
    let (database, owner) = (format!("database-url = '{database}'"), format!("owner-url = '{owner}'"));
    let text = format!("[database]\n{database}\n{owner}\n[bus]\nnats-url = '{nats}'\n");
    std::fs::write(&settings, text).unwrap();
    let mut knowing =
        Client::of(home.command(&["mcp", "--listen", "127.0.0.1:0", "--config", settings.to_str().unwrap()])).await;
    for client in [&mut knowing, &mut window] {
        let found = client.call("get", json!({ "ids": ["GOAL-0001"] })).await;
        assert_eq!(found["goals"][0]["title"], "Before", "{found}");
    }
    let (done, _, error) = home.run(&["stop"]).await;
    assert!(done, "{error}");
    assert_eq!(private.stop().await, Some(0));
}

#[tokio::test]
async fn an_instance_that_was_killed_is_started_again() {
    let home = Home::new();
    let mut window = Client::start(&home).await;
    window.call("create_goal", json!({ "title": "Before", "request_id": "k1" })).await;
    let pid = home.run_file().unwrap()["pid"].as_i64().unwrap();
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGKILL).unwrap();
    let again = window.call("create_goal", json!({ "title": "Before", "request_id": "k1" })).await;
    assert_eq!((&again["goal"], &again["duplicate"]), (&json!("GOAL-0001"), &json!(true)), "{again}");
}

#[tokio::test]
async fn nonsense_on_standard_input_neither_ends_nor_silences_the_door() {
    let home = Home::new();
    let mut client = Client::start(&home).await;
    client.input.write_all(b"\xff\xfe not text\n{\"jsonrpc\": \"2.0\", \"id\": 7, \"meth\n[]\n\n").await.unwrap();
    let listed = client.ask(99, "tools/list", json!({})).await;
    assert!(listed["result"]["tools"].is_array(), "{listed}");
}
