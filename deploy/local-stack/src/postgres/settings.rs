//! The configuration we write for Postgres. Durability stays on.

use std::fs;
use std::path::Path;

use crate::account::Account;
use crate::error::StackError;
use crate::secrets::write_private;

/// Only the socket, and only with a password.
const HOST_RULES: &str = "local all all scram-sha-256\n";

/// Writes both files where they differ; true when a running server does not have these settings yet.
pub(super) fn write(
    cluster: &Path,
    account: &Account,
    socket_folder: &Path,
    connections_max: u32,
) -> Result<bool, StackError> {
    let settings = settings(socket_folder, connections_max);
    let settings_changed = write_changed(&cluster.join("postgresql.conf"), &settings, account)?;
    let rules_changed = write_changed(&cluster.join("pg_hba.conf"), HOST_RULES, account)?;
    Ok(settings_changed || rules_changed)
}

fn settings(socket_folder: &Path, connections_max: u32) -> String {
    format!(
        "# Written at each start; changes are lost. Use ALTER SYSTEM instead.\n\
         listen_addresses = ''\n\
         unix_socket_directories = '{socket}'\n\
         unix_socket_permissions = 0700\n\
         password_encryption = 'scram-sha-256'\n\
         max_connections = {connections_max}\n\
         shared_buffers = '256MB'\n\
         max_wal_size = '4GB'\n\
         wal_compression = on\n\
         fsync = on\n\
         synchronous_commit = on\n\
         full_page_writes = on\n\
         # Our statements are short: compiling them costs more than it saves.\n\
         jit = off\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         log_line_prefix = '%m [%p] %q%u@%d '\n\
         log_checkpoints = off\n",
        // A quote in a path is doubled, as in SQL.
        socket = socket_folder.display().to_string().replace('\'', "''"),
    )
}

fn write_changed(path: &Path, text: &str, account: &Account) -> Result<bool, StackError> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    write_private(path, text)?;
    account.own(path)?;
    Ok(true)
}
