//! What cannot work says why, and what would.

use std::net::TcpListener;

use crate::instance::Home;

#[tokio::test]
async fn a_taken_port_is_named_and_costs_nothing() {
    let (home, taken) = (Home::new(), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = taken.local_addr().unwrap().to_string();
    let (started, _, error) = home.run(&["up", "--listen", &address]).await;
    assert!(!started);
    assert!(error.contains(&address) && error.contains("--listen"), "{error}");
    assert!(!home.path().join("postgres").exists(), "no database was made for it");
}

#[tokio::test]
async fn a_second_owner_of_a_data_directory_is_refused() {
    let home = Home::new();
    let up = home.up().await;
    let (started, _, error) = home.run(&["up", "--listen", "127.0.0.1:0"]).await;
    assert!(!started);
    assert!(error.contains("in use") || error.contains("already"), "{error}");
    assert_eq!(up.stop().await, Some(0));
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_made_is_named() {
    let home = Home::new();
    std::fs::write(home.path(), b"a file").unwrap();
    let (started, _, error) = home.run(&["up", "--listen", "127.0.0.1:0"]).await;
    assert!(!started);
    assert!(error.contains(&home.path().display().to_string()), "{error}");
}

#[tokio::test]
async fn commands_that_need_an_instance_say_how_to_start_one() {
    let home = Home::new();
    for command in [&["watch"][..], &["verify"], &["rebuild", "all"]] {
        let (done, _, error) = home.run(command).await;
        assert!(!done && error.contains("goalstream up"), "{command:?}: {error}");
    }
}

#[tokio::test]
async fn names_and_addresses_that_cannot_be_used_are_refused_before_anything_is_started() {
    let home = Home::new();
    for (command, words) in [
        (&["up", "--listen", "127.0.0.1:0", "--stream-name", "a.b"][..], ["a.b", "name of a stream"]),
        (&["up", "--listen", "127.0.0.1:0", "--subject-prefix", "a b"], ["a b", "token"]),
        (&["up", "--listen", "127.0.0.1:0", "--log", "inof"], ["`inof` is no level", "error, warn, info"]),
        (&["doctor", "--log", "relay=debug,loud"], ["`loud` is no level", "relay=debug"]),
        (
            &["up", "--database-url", "mysql://127.0.0.1/x", "--nats-url", "nats://127.0.0.1:1"],
            ["DATABASE_URL", "postgres://USER"],
        ),
        (&["up", "--pool-max", "0"], ["pool-max is 0", "at least 3"]),
        (&["mcp", "--url", "banana"], ["--url banana", "not a URL"]),
        (&["mcp", "--url", "http://203.0.113.1/mcp"], ["203.0.113.1", "not on this machine"]),
    ] {
        let (done, _, error) = home.run(command).await;
        assert!(!done && words.iter().all(|word| error.contains(word)), "{command:?}: {error}");
    }
    assert!(!home.path().exists(), "nothing was made for them");
}

#[tokio::test]
async fn a_variable_that_is_empty_counts_as_one_that_is_not_there() {
    let home = Home::new();
    let run = |command: &[&str], pool_max: &str| {
        home.command(command).envs([("GOALSTREAM_POOL_MAX", pool_max), ("GOALSTREAM_PROFILE", "")]).output()
    };
    let refused = run(&["watch"], "many").await.unwrap();
    assert!(String::from_utf8(refused.stderr).unwrap().contains("--pool-max"), "it is read otherwise");
    let output = run(&["version"], "").await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let refused = run(&["mcp", "--url", "banana"], "").await.unwrap();
    assert!(String::from_utf8(refused.stderr).unwrap().contains("not a URL"), "nor is that of one command read");
    let without = home.command(&["up"]).envs([("DATABASE_URL", ""), ("NATS_URL", "")]).output().await.unwrap();
    assert!(String::from_utf8(without.stderr).unwrap().contains("DATABASE_URL"), "servers are not forgotten so");
    assert!(!home.path().exists(), "and no others are made");
}

#[tokio::test]
async fn half_an_address_of_servers_is_refused() {
    let home = Home::new();
    let (started, _, error) = home.run(&["up", "--listen", "127.0.0.1:0", "--nats-url", "nats://127.0.0.1:1"]).await;
    assert!(!started);
    assert!(error.contains("DATABASE_URL"), "{error}");
}

#[tokio::test]
async fn a_settings_file_is_taken_as_the_readme_shows_it_and_refused_with_an_unknown_name() {
    let home = Home::new();
    let file = home.path().with_extension("toml");
    let shown = include_str!("../../../../README.md").split_once("    data-dir = ").unwrap().1;
    let shown = format!("data-dir = {}", shown.split_once("\n\n").unwrap().0);
    for (text, fine) in [(shown.as_str(), true), ("dta-dir = \"x\"\n", false), ("[door]\nlissten = \"x\"\n", false)] {
        std::fs::write(&file, text).unwrap();
        let (done, _, error) = home.run(&["version", "--config", file.to_str().unwrap()]).await;
        assert_eq!(done, fine, "{text}: {error}");
        assert!(fine || error.contains("unknown field"), "{error}");
    }
}
