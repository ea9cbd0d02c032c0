//! What cannot work says so.

use local_stack::Stack;
use local_stack::tools::{Places, Tools};
use local_stack::{Config, StackError};

use crate::support::{Folder, execute, tools};

#[tokio::test]
async fn a_data_directory_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    std::fs::write(&folder.0, "a file where a directory should be").unwrap();
    let path = folder.0.join("data");
    let error = Stack::start(&Config::new(&path), tools().await, &|_| ()).await.unwrap_err();
    std::fs::remove_file(&folder.0).unwrap();
    assert!(matches!(error, StackError::DataDir { .. }));
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[tokio::test]
async fn a_private_folder_above_the_data_is_named_when_we_are_root() {
    use std::os::unix::fs::PermissionsExt;
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    let folder = Folder::new();
    std::fs::create_dir(&folder.0).unwrap();
    std::fs::set_permissions(&folder.0, std::fs::Permissions::from_mode(0o700)).unwrap();
    let error = Stack::start(&Config::new(folder.0.join("data")), tools().await, &|_| ()).await.unwrap_err();
    assert!(matches!(error, StackError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_data_directory_of_another_postgres_says_which_one_it_needs() {
    let folder = Folder::new();
    folder.start().await.unwrap().stop().await.unwrap();
    std::fs::write(folder.0.join("postgres/PG_VERSION"), "14\n").unwrap();
    let error = folder.start().await.unwrap_err().to_string();
    assert!(error.contains("made by Postgres 14"), "{error}");
}

#[tokio::test]
async fn a_server_that_cannot_start_shows_the_end_of_its_log() {
    let folder = Folder::new();
    let stack = folder.start().await.unwrap();
    let cluster = stack.endpoints().data_dir.join("postgres");
    stack.stop().await.unwrap();
    std::fs::write(cluster.join("postgresql.auto.conf"), "shared_buffers = 'nonsense'\n").unwrap();
    let error = folder.start().await.unwrap_err().to_string();
    assert!(error.contains("Postgres did not start") && error.contains("shared_buffers"), "{error}");
}

#[tokio::test]
async fn a_deep_data_directory_still_gets_a_socket() {
    let folder = Folder::new();
    let deep = folder.0.join("d".repeat(60)).join("e".repeat(60));
    let stack = Stack::start(&Config::new(&deep), tools().await, &|_| ()).await.unwrap();
    execute(&stack.endpoints().database_url, "select 1").await.unwrap();
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn missing_programs_are_named() {
    let nowhere = Folder::new();
    let places = Places { search_path: Vec::new(), tools_dir: nowhere.0.clone() };
    let error = Tools::find(&places).await.unwrap_err().to_string();
    assert!(error.contains("is not installed"), "{error}");
}
