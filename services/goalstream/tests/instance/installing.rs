//! `goalstream mcp install`: what becomes of a client's configuration file.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{instance::Home, stdio::Client};

/// Each client, where it keeps its own below the home, and its key.
const CLIENTS: [(&str, &str, &str); 4] = [
    ("claude-code", ".claude.json", "mcpServers"),
    ("claude-desktop", ".config/Claude/claude_desktop_config.json", "mcpServers"),
    ("vscode", ".config/Code/User/mcp.json", "servers"),
    ("cursor", ".cursor/mcp.json", "mcpServers"),
];

/// Somebody's home, with a space in its path, that no test shares.
struct Somebody(PathBuf);

impl Somebody {
    fn new() -> Self {
        let home = std::env::temp_dir().join(format!("goalstream somebody {}", Uuid::new_v4().simple()));
        fs::create_dir(&home).unwrap();
        Self(home)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    /// A file of theirs that is there before us.
    fn has(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_goalstream"));
        command.args(arguments).env_clear().env("HOME", &self.0).current_dir(&self.0);
        command
    }

    fn run(&self, arguments: &[&str]) -> (bool, String) {
        end_of(&mut self.command(arguments))
    }

    fn install(&self, client: &str, more: &[&str]) -> (bool, String) {
        self.run(&[&["mcp", "install", "--client", client], more].concat())
    }

    fn names(&self, folder: &str) -> Vec<String> {
        names(&self.path(folder))
    }
}

impl Drop for Somebody {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether it succeeded, and what it printed on both streams.
fn end_of(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout) + &text(output.stderr))
}

/// All that is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What we made beside a file.
fn beside(file: &Path) -> Vec<String> {
    names(file.parent().unwrap()).into_iter().filter(|name| name.contains("goalstream")).collect()
}

fn json_in(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn mode_of(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn each_client_starts_this_executable_and_the_second_time_changes_nothing() {
    let somebody = Somebody::new();
    for (client, file, key) in CLIENTS {
        let file = somebody.path(file);
        let (done, said) = somebody.install(client, &[]);
        assert!(done && said.contains(" now has Goalstream"), "{client}: {said}");
        let entry = &json_in(&file)[key]["goalstream"];
        assert_eq!(entry["command"], env!("CARGO_BIN_EXE_goalstream"), "{client}");
        assert_eq!(entry["args"], json!(["mcp"]), "{client}");
        assert_eq!(mode_of(&file), 0o600, "{client}");

        let before = (fs::read_to_string(&file).unwrap(), file.metadata().unwrap().modified().unwrap());
        let (done, said) = somebody.install(client, &[]);
        assert!(done && said.contains(" has Goalstream already"), "{client}: {said}");
        assert_eq!((fs::read_to_string(&file).unwrap(), file.metadata().unwrap().modified().unwrap()), before);
        assert!(beside(&file).is_empty(), "{client}: there was nothing to keep a copy of");
    }
}

#[test]
fn what_was_there_before_us_is_kept_beside_it_once() {
    let somebody = Somebody::new();
    let before = "{ \"mcpServers\": { \"other\": { \"command\": \"x\" } } }";
    let file = somebody.has(".cursor/mcp.json", before);
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    let (done, said) = somebody.install("cursor", &[]);
    assert!(done, "{said}");
    let backup = somebody.path(".cursor/mcp.json.before-goalstream");
    assert!(said.contains(&backup.display().to_string()), "{said}");
    assert_eq!(fs::read_to_string(&backup).unwrap(), before);
    assert_eq!((mode_of(&file), mode_of(&backup)), (0o640, 0o640));
    assert_eq!(json_in(&file)["mcpServers"]["other"], json!({ "command": "x" }));

    let (done, said) = somebody.install("cursor", &["--url", "http://127.0.0.1:4747/mcp"]);
    assert!(done, "{said}");
    assert_eq!(json_in(&file)["mcpServers"]["goalstream"], json!({ "url": "http://127.0.0.1:4747/mcp" }));
    assert_eq!(fs::read_to_string(&backup).unwrap(), before, "the first backup stays");
    assert_eq!(somebody.names(".cursor"), ["mcp.json", "mcp.json.before-goalstream"], "nothing else is left");

    let (done, said) = somebody.run(&["mcp", "uninstall", "--client", "cursor"]);
    assert!(done && said.contains("no longer has Goalstream"), "{said}");
    assert_eq!(json_in(&file), serde_json::from_str::<Value>(before).unwrap());
    let (done, said) = somebody.run(&["mcp", "uninstall", "--client", "cursor"]);
    assert!(done && said.contains(" has no Goalstream"), "{said}");
}

#[test]
fn a_dry_run_shows_what_would_change_and_touches_nothing() {
    let somebody = Somebody::new();
    let (done, said) = somebody.install("vscode", &["--dry-run"]);
    assert!(done && said.contains("+   \"servers\": {"), "{said}");
    assert!(somebody.names(".").is_empty());

    let file = somebody.has(".config/Code/User/mcp.json", "{\n  // mine\n  \"servers\": {}\n}\n");
    let (done, said) = somebody.install("vscode", &["--dry-run"]);
    assert!(
        done && said.contains("    // mine\n-   \"servers\": {}\n+   \"servers\": {\n+     \"goalstream\": {"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "{\n  // mine\n  \"servers\": {}\n}\n");
    assert_eq!(somebody.names(".config/Code/User"), ["mcp.json"]);

    let output = somebody.command(&["mcp", "install", "--client", "vscode", "--print"]).output().unwrap();
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["servers"]["goalstream"]["command"], env!("CARGO_BIN_EXE_goalstream"));
    assert_eq!(somebody.names(".config/Code/User"), ["mcp.json"]);
}

#[test]
fn what_cannot_be_edited_is_left_alone_and_what_to_paste_is_said() {
    let somebody = Somebody::new();
    for (client, file, key) in CLIENTS {
        let broken = format!("{{ \"{key}\": {{ \"other\": ");
        let path = somebody.has(file, &broken);
        let (done, said) = somebody.install(client, &[]);
        assert!(!done && said.contains("it is not JSON"), "{client}: {said}");
        assert!(said.contains("By hand") && said.contains("\"goalstream\": {"), "{client}: {said}");
        assert_eq!(fs::read_to_string(&path).unwrap(), broken, "{client}");
        assert!(beside(&path).is_empty(), "{client}: nothing is left beside it");
    }
    fs::write(somebody.path(".cursor/mcp.json"), b"{ \"a\": \"\xff\" }").unwrap();
    let (done, said) = somebody.install("cursor", &[]);
    assert!(!done && said.contains("By hand"), "{said}");
    assert_eq!(fs::read(somebody.path(".cursor/mcp.json")).unwrap(), b"{ \"a\": \"\xff\" }");
}

#[test]
fn a_link_stays_a_link() {
    let somebody = Somebody::new();
    let real = somebody.has("dotfiles/cursor.json", "{}");
    fs::create_dir(somebody.path(".cursor")).unwrap();
    let link = somebody.path(".cursor/mcp.json");
    symlink("../dotfiles/cursor.json", &link).unwrap();
    let (done, said) = somebody.install("cursor", &[]);
    assert!(done, "{said}");
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("../dotfiles/cursor.json"));
    assert!(json_in(&real)["mcpServers"]["goalstream"].is_object());
    assert_eq!(somebody.names("dotfiles"), ["cursor.json", "cursor.json.before-goalstream"]);

    fs::remove_dir_all(somebody.path("dotfiles")).unwrap();
    let (done, said) = somebody.install("cursor", &[]);
    assert!(!done && said.contains("leads nowhere"), "{said}");
    assert!(!somebody.path("dotfiles").exists());
}

#[test]
fn a_project_has_its_own() {
    let somebody = Somebody::new();
    for (client, file, key) in [
        ("claude-code", ".mcp.json", "mcpServers"),
        ("vscode", ".vscode/mcp.json", "servers"),
        ("cursor", ".cursor/mcp.json", "mcpServers"),
    ] {
        fs::create_dir_all(somebody.path("project")).unwrap();
        let mut command = somebody.command(&["mcp", "install", "--client", client, "--scope", "project"]);
        let (done, said) = end_of(command.current_dir(somebody.path("project")));
        assert!(done, "{client}: {said}");
        let file = somebody.path("project").join(file);
        assert!(json_in(&file)[key]["goalstream"].is_object(), "{client}");
        assert_ne!(mode_of(&file) & 0o044, 0, "{client}: others who work on it can read it");
    }
    let (done, said) = somebody.install("claude-desktop", &["--scope", "project"]);
    assert!(!done && said.contains("knows no projects"), "{said}");
}

#[test]
fn what_was_said_here_is_said_to_the_client() {
    let somebody = Somebody::new();
    let said_here = ["--data-dir", "/srv/our goals", "--identity", "human:anna", "--listen", "127.0.0.1:5000"];
    assert!(somebody.install("claude-code", &said_here).0);
    let args = ["mcp", "--data-dir", "/srv/our goals", "--listen", "127.0.0.1:5000", "--identity", "human:anna"];
    assert_eq!(json_in(&somebody.path(".claude.json"))["mcpServers"]["goalstream"]["args"], json!(args));

    let settings = somebody.path("settings.toml");
    fs::write(&settings, "[door]\nidentity = 'anna'\n").unwrap();
    let file = settings.to_str().unwrap();
    assert!(somebody.install("claude-code", &["--config", file]).0);
    let args = ["mcp", "--config", file, "--identity", "agent:anna"];
    assert_eq!(json_in(&somebody.path(".claude.json"))["mcpServers"]["goalstream"]["args"], json!(args));

    // Claude Desktop speaks no HTTP, so it starts us in front of the address.
    let url = "http://127.0.0.1:4747/mcp";
    assert!(somebody.install("claude-desktop", &["--url", url]).0);
    let entry = &json_in(&somebody.path(CLIENTS[1].1))["mcpServers"]["goalstream"];
    assert_eq!(entry["args"], json!(["mcp", "--url", url]));
    let (done, said) = somebody.install("claude-desktop", &["--url", "http://goals.example/mcp"]);
    assert!(!done && said.contains("--url http://goals.example/mcp"), "{said}");
    let (done, said) = somebody.install("cursor", &["--url", "127.0.0.1:4747"]);
    assert!(!done && said.contains("give an address such as"), "{said}");
    assert!(!somebody.path(".cursor").exists());
}

#[test]
fn other_places_that_the_environment_names_are_respected() {
    let somebody = Somebody::new();
    for (client, variable, file) in [
        ("claude-code", "CLAUDE_CONFIG_DIR", ".claude.json"),
        ("vscode", "XDG_CONFIG_HOME", "Code/User/mcp.json"),
        ("claude-desktop", "XDG_CONFIG_HOME", "Claude/claude_desktop_config.json"),
    ] {
        let elsewhere = somebody.path("elsewhere");
        let mut command = somebody.command(&["mcp", "install", "--client", client]);
        let (done, said) = end_of(command.env(variable, &elsewhere));
        assert!(done, "{client}: {said}");
        assert!(elsewhere.join(file).is_file(), "{client}");
    }
    assert_eq!(somebody.names("."), ["elsewhere"]);
    let mut homeless = somebody.command(&["mcp", "install", "--client", "cursor"]);
    let (done, said) = end_of(homeless.env_remove("HOME"));
    assert!(!done && said.contains("HOME is not set"), "{said}");
}

#[tokio::test]
async fn what_was_installed_starts_and_answers() {
    let (home, somebody) = (Home::new(), Somebody::new());
    let data_dir = home.path().display().to_string();
    let (done, said) = somebody.install("cursor", &["--listen", "127.0.0.1:0", "--data-dir", &data_dir]);
    assert!(done, "{said}");
    let entry = json_in(&somebody.path(".cursor/mcp.json"))["mcpServers"]["goalstream"].clone();
    let mut command = tokio::process::Command::new(entry["command"].as_str().unwrap());
    command.args(entry["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap()));
    let mut client = Client::of(command).await;
    let listed = client.ask(2, "tools/list", json!({})).await;
    assert!(listed["result"]["tools"].is_array(), "{listed}");
}
