//! What becomes of a configuration's text. What becomes of its file is tested with the executable, in `tests/instance/installing.rs`.

use serde_json::{Value, json};

use super::{
    client::{Client, Reach, Scope},
    edit::{Change, Dialect, by_hand, edited},
};
use crate::config::Folders;

const CLIENTS: [Client; 4] = [Client::ClaudeCode, Client::ClaudeDesktop, Client::VsCode, Client::Cursor];

fn started() -> Reach {
    Reach::Start { program: "/opt/my tools/goalstream".to_owned(), arguments: vec!["mcp".to_owned()] }
}

fn served() -> Reach {
    Reach::Http { url: "http://127.0.0.1:4747/mcp".to_owned() }
}

fn put(text: &str, client: Client, reach: &Reach) -> anyhow::Result<String> {
    edited(text, client.dialect(), client.servers_key(), &Change::Put(&client.fields(reach)))
}

fn taken_out(text: &str, client: Client) -> anyhow::Result<String> {
    edited(text, client.dialect(), client.servers_key(), &Change::TakeOut)
}

#[test]
fn a_client_without_a_configuration_gets_what_it_would_have_written_itself() {
    let start = "\n      \"command\": \"/opt/my tools/goalstream\",\n      \"args\": [\"mcp\"]\n";
    for client in CLIENTS {
        let kind = if client == Client::ClaudeDesktop { "" } else { "\n      \"type\": \"stdio\"," };
        let key = client.servers_key();
        let wanted = format!("{{\n  \"{key}\": {{\n    \"goalstream\": {{{kind}{start}    }}\n  }}\n}}\n");
        for nothing in ["", "\n", "{}", "{}\n"] {
            let text = put(nothing, client, &started()).unwrap();
            assert_eq!(text.trim_end(), wanted.trim_end(), "{client:?} {nothing:?}");
        }
        assert_eq!(put("", client, &started()).unwrap(), wanted);
    }
    let text = put("", Client::Cursor, &served()).unwrap();
    assert_eq!(json_of(&text), json!({ "mcpServers": { "goalstream": { "url": "http://127.0.0.1:4747/mcp" } } }));
    let text = put("", Client::VsCode, &served()).unwrap();
    let entry = json!({ "type": "http", "url": "http://127.0.0.1:4747/mcp" });
    assert_eq!(json_of(&text), json!({ "servers": { "goalstream": entry } }));
}

#[test]
fn the_second_time_changes_nothing() {
    for client in CLIENTS {
        let once = put("", client, &started()).unwrap();
        assert_eq!(put(&once, client, &started()).unwrap(), once);
        assert!(!taken_out(&once, client).unwrap().contains("goalstream"));
    }
}

#[test]
fn whatever_is_not_ours_stays_as_it_is_written() {
    let before = "{\n\t\"numStartups\": 31,\n\t\"big\": 12345678901234567890123,\n\t\"mcpServers\": {\n\t\t\"other\": {\"command\":\"x\",   \"args\": []}\n\t},\n\t\"last\" : [1 , 2]\n}";
    let after = put(before, Client::ClaudeCode, &started()).unwrap();
    let ours = ",\n\t\t\"goalstream\": {\n\t\t\t\"type\": \"stdio\",\n\t\t\t\"command\": \"/opt/my tools/goalstream\",\n\t\t\t\"args\": [\"mcp\"]\n\t\t}";
    assert_eq!(after, before.replacen("[]}", &format!("[]}}{ours}"), 1));
    assert_eq!(taken_out(&after, Client::ClaudeCode).unwrap(), before);
}

#[test]
fn line_ends_of_another_system_are_kept() {
    let after = put("{\r\n  \"a\": 1\r\n}\r\n", Client::Cursor, &started()).unwrap();
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count(), "{after:?}");
    assert!(after.starts_with("{\r\n  \"a\": 1,\r\n  \"mcpServers\": {\r\n"), "{after:?}");
}

#[test]
fn comments_stay_where_the_client_takes_them_and_are_refused_where_not() {
    let before = "// mine\n{\n  \"servers\": {\n    // not yet: \"goalstream\": {}\n    \"other\": { \"type\": \"http\", \"url\": \"http://x/\" }, // trailing\n  },\n  /* secrets */ \"inputs\": [],\n}\n";
    let after = put(before, Client::VsCode, &started()).unwrap();
    for kept in ["// mine\n", "// not yet", "// trailing", "/* secrets */ \"inputs\": [],\n}\n", "\"http://x/\" },"] {
        assert!(after.contains(kept), "{kept} in {after}");
    }
    assert_eq!(put(&after, Client::VsCode, &started()).unwrap(), after);
    assert_eq!(taken_out(&after, Client::VsCode).unwrap(), before);

    let refused = put(&before.replace("servers", "mcpServers"), Client::ClaudeDesktop, &started()).unwrap_err();
    assert!(refused.to_string().contains("it is not JSON: expected value at line 1"), "{refused}");
}

#[test]
fn an_entry_that_says_something_else_is_changed_and_keeps_what_was_added_to_it() {
    let before = r#"{ "mcpServers": { "goalstream": { "command": "/old/goalstream", "args": ["mcp"], "env": { "A": "b" }, "disabled": true } } }"#;
    let over_http = put(before, Client::ClaudeCode, &served()).unwrap();
    let entry = json!({ "type": "http", "url": "http://127.0.0.1:4747/mcp", "env": { "A": "b" }, "disabled": true });
    assert_eq!(json_of(&over_http), json!({ "mcpServers": { "goalstream": entry } }));
    let back = put(&over_http, Client::ClaudeCode, &started()).unwrap();
    let entry = json!({
        "type": "stdio", "command": "/opt/my tools/goalstream", "args": ["mcp"], "env": { "A": "b" }, "disabled": true,
    });
    assert_eq!(json_of(&back), json!({ "mcpServers": { "goalstream": entry } }));
}

#[test]
fn what_is_not_shaped_as_the_client_shapes_it_is_refused() {
    let cases = [
        ("{ \"mcpServers\": {", "it is not JSON"),
        ("{ 'mcpServers': {} }", "it is not JSON"),
        ("{ \"a\": 1 \"b\": 2 }", "it is not JSON"),
        ("mcpServers: {}", "it is not JSON"),
        ("\u{feff}{}", "it is not JSON"),
        ("[]", "it is not an object"),
        ("null", "it is not an object"),
        ("{ \"mcpServers\": [] }", "`mcpServers` in it is not an object"),
        ("{ \"mcpServers\": null }", "`mcpServers` in it is not an object"),
        ("{ \"mcpServers\": { \"goalstream\": 7 } }", "`goalstream` in it is not an object"),
        ("{ \"mcpServers\": { \"a\": {} }, \"mcpServers\": {} }", "`mcpServers` is in it twice"),
        ("{ \"mcpServers\": { \"goalstream\": {}, \"goalstream\": {} } }", "`goalstream` is in it twice"),
    ];
    for (text, reason) in cases {
        for client in [Client::ClaudeCode, Client::ClaudeDesktop, Client::Cursor] {
            let refused = put(text, client, &started()).unwrap_err().to_string();
            assert!(refused.contains(reason), "{client:?}: {text} is refused with {refused}");
        }
    }
    assert!(edited("// only this\n", Dialect::WithComments, "servers", &Change::TakeOut).is_err());
}

#[test]
fn a_json_that_is_too_deep_to_be_read_is_refused_and_not_a_crash() {
    let deep = format!("{{ \"a\": {}{} }}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(put(&deep, Client::ClaudeCode, &started()).is_err());
}

#[test]
fn what_is_pasted_by_hand_is_what_would_have_been_written() {
    for client in CLIENTS {
        let reach = started();
        let text = put("", client, &reach).unwrap();
        assert_eq!(json_of(&by_hand(client.servers_key(), &client.fields(&reach))), json_of(&text));
    }
}

#[test]
fn each_client_reads_a_file_of_its_own() {
    let at = |path: &str| std::path::PathBuf::from(path);
    let folders = Folders {
        home: at("/home/me"),
        applications: at("/home/me/.config"),
        claude_code: at("/home/me"),
        here: at("/src/project"),
    };
    let file = |client: Client, scope| client.file(scope, &folders).map(|path| path.display().to_string()).ok();
    let files: Vec<_> =
        CLIENTS.iter().map(|client| (file(*client, Scope::User), file(*client, Scope::Project))).collect();
    let some = |path: &str| Some(path.to_owned());
    assert_eq!(
        files,
        [
            (some("/home/me/.claude.json"), some("/src/project/.mcp.json")),
            (some("/home/me/.config/Claude/claude_desktop_config.json"), None),
            (some("/home/me/.config/Code/User/mcp.json"), some("/src/project/.vscode/mcp.json")),
            (some("/home/me/.cursor/mcp.json"), some("/src/project/.cursor/mcp.json")),
        ]
    );
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
