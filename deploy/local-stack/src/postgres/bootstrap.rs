//! Makes the cluster, its roles and its database. Happens aside, then one rename, so a crash leaves nothing half made.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{APP_ROLE, DATABASE, OWNER_ROLE, WRITER_ROLE};
use crate::account::Account;
use crate::data_dir::DataDir;
use crate::error::{Doing, StackError};
use crate::process::{last_lines, output};
use crate::secrets::Secrets;
use crate::tools::Program;

const BOUND: Duration = Duration::from_secs(120);

/// Makes the cluster of this data directory.
pub(super) async fn make_cluster(
    program: &Program,
    account: &Account,
    data_dir: &DataDir,
    secrets: &Secrets,
) -> Result<(), StackError> {
    let aside = data_dir.root().join("postgres.partial");
    if aside.exists() {
        fs::remove_dir_all(&aside).doing(|| format!("remove {}", aside.display()))?;
    }
    // Made and handed over by us: as root, the servers' account could not make it.
    let aside = data_dir.private_folder("postgres.partial", account)?;
    account.must_reach(&aside, "-w").await?;
    initdb(program, account, &aside).await?;
    let statements = format!(
        "create role {WRITER_ROLE} nologin;\n\
         create role {APP_ROLE} login in role {WRITER_ROLE};\n\
         {}\
         create database {DATABASE};\n",
        passwords(secrets)
    );
    single_user(program, account, &aside, &statements).await?;
    fs::rename(&aside, data_dir.cluster()).doing(|| format!("rename {}", aside.display()))
}

/// Gives both roles new passwords; the server must be stopped.
pub(super) async fn set_passwords(
    program: &Program,
    account: &Account,
    cluster: &Path,
    secrets: &Secrets,
) -> Result<(), StackError> {
    single_user(program, account, cluster, &passwords(secrets)).await
}

fn passwords(secrets: &Secrets) -> String {
    format!(
        "alter role {OWNER_ROLE} password '{}';\nalter role {APP_ROLE} password '{}';\n",
        secrets.owner_password, secrets.app_password
    )
}

/// Sorting is by bytes, everywhere the same; letters are known beyond ASCII, which text search needs.
async fn initdb(program: &Program, account: &Account, cluster: &Path) -> Result<(), StackError> {
    let letters = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };
    let mut command = account.command(&program.path("initdb"));
    command.arg("--pgdata").arg(cluster).args(["--username", OWNER_ROLE, "--encoding", "UTF8", "--auth", "trust"]);
    command.args(["--locale", "C", "--lc-ctype", letters]);
    output(command, "make the Postgres cluster (initdb)", BOUND).await.map(drop)
}

/// Runs statements, one a line, with nobody else connected and no password needed.
async fn single_user(program: &Program, account: &Account, cluster: &Path, statements: &str) -> Result<(), StackError> {
    let doing = || "set up the Postgres roles".to_owned();
    let mut command: Command = account.command(&program.path("postgres"));
    command.args(["--single", "-D"]).arg(cluster).args(["-c", "exit_on_error=on", "postgres"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().doing(doing)?;
    let mut input =
        child.stdin.take().ok_or_else(|| StackError::Failed { doing: doing(), detail: "no input".into() })?;
    let run = async {
        // The statements fit into the pipe's buffer, so writing them first cannot block; closing it ends the server.
        input.write_all(statements.as_bytes()).await?;
        drop(input);
        child.wait_with_output().await
    };
    let failed = |detail| StackError::Failed { doing: doing(), detail };
    let output = tokio::time::timeout(BOUND, run)
        .await
        .map_err(|_elapsed| failed(format!("no end after {} s", BOUND.as_secs())))?
        .doing(doing)?;
    if output.status.success() { Ok(()) } else { Err(failed(last_lines(&String::from_utf8_lossy(&output.stderr)))) }
}
