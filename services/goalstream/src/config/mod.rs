//! Every setting, from flags, the environment, a file or a default, in that order. The only place that reads the environment.

mod bus;
mod database;
mod door;
mod folders;
mod leases;
mod logging;
mod tls;

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Arg, ArgMatches, Args, Command, parser::ValueSource};
use serde::Deserialize;

pub(crate) use self::{
    bus::Bus,
    database::Database,
    door::Door,
    folders::Folders,
    leases::Leases,
    logging::{Format, Logging},
    tls::Tls,
};

/// What can be said on the command line and in the environment.
#[derive(Args, Debug, Default)]
pub(crate) struct Arguments {
    /// Settings file (TOML).
    #[arg(long, global = true, env = "GOALSTREAM_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    said: Said,
}

/// One layer of settings: the command line with the environment, or a file.
#[derive(Args, Debug, Default, Deserialize)]
#[group(skip)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Said {
    /// Where the private servers keep their data, and where a running instance is found.
    #[arg(long, global = true, env = "GOALSTREAM_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    database: database::Said,
    #[command(flatten)]
    bus: bus::Said,
    #[command(flatten)]
    door: door::Said,
    #[command(flatten)]
    tls: tls::Said,
    #[command(flatten)]
    leases: leases::Said,
    #[command(flatten)]
    logging: logging::Said,
}

/// Whoever loses these must be told, and not be given an empty log on other servers.
const NEVER_EMPTY: [&str; 3] = ["DATABASE_URL", "GOALSTREAM_OWNER_URL", "NATS_URL"];

/// The same argument, deaf to its variable where that is empty.
pub(crate) fn without_an_empty_variable(argument: Arg) -> Arg {
    let is_empty = |name: &&OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    match argument.get_env().filter(is_empty) {
        Some(name) if !NEVER_EMPTY.iter().any(|never| name == *never) => argument.env(None::<&str>),
        _ => argument,
    }
}

/// The settings that were given on the command line, by the variable that says the same. `all` hears every variable, also an empty one.
pub(crate) fn said(all: &Command, matches: &ArgMatches) -> Vec<(OsString, OsString)> {
    let said = |argument: &Arg| {
        let id = argument.get_id().as_str();
        let values = matches.get_raw(id).filter(|_| matches.value_source(id) == Some(ValueSource::CommandLine))?;
        let values: Vec<&OsStr> = values.collect();
        Some((argument.get_env()?.to_owned(), values.join(OsStr::new(","))))
    };
    all.get_arguments().filter(|argument| argument.is_global_set()).filter_map(said).collect()
}

/// All settings, one struct a concern.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// What the command line said, as variables for a program of ours that is to be told the same.
    pub(crate) said: Vec<(OsString, OsString)>,
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
    pub(crate) data_dir: PathBuf,
    pub(crate) database: Database,
    pub(crate) bus: Bus,
    pub(crate) door: Door,
    /// `None` speaks no TLS.
    pub(crate) tls: Option<Tls>,
    pub(crate) leases: Leases,
    pub(crate) logging: Logging,
}

impl Settings {
    /// What a command line of ours must say so that it finds the same data directory; nothing when that is the usual one.
    pub(crate) fn data_dir_flag(&self) -> String {
        match self.data_dir == usual_data_dir() {
            true => String::new(),
            false => format!(" --data-dir {}", self.data_dir.display()),
        }
    }

    /// What may be told of them to whoever asks. Addresses of servers carry passwords, so only whether they are ours is told.
    pub(crate) fn told(&self) -> serde_json::Map<String, serde_json::Value> {
        let whose = |url: &Option<String>| if url.is_some() { "yours" } else { "private" };
        let told = serde_json::json!({
            "data_dir": self.data_dir,
            "listen": self.door.listen,
            "tls_listen": self.tls.as_ref().map(|tls| tls.listen),
            "allowed_hosts": self.door.allowed_hosts,
            "allowed_origins": self.door.allowed_origins,
            "identity": self.door.identity.as_ref().map(|identity| &identity.id),
            "connections_max": self.door.connections_max,
            "database": whose(&self.database.url),
            "database_pool_min": self.database.pool_min,
            "database_pool_max": self.database.pool_max,
            "bus": whose(&self.bus.url),
            "stream_name": self.bus.stream_name,
            "subject_prefix": self.bus.subject_prefix,
            "subjects": self.bus.subjects(),
            "log_filter": self.logging.filter,
            "metrics": self.logging.metrics,
            "traces": self.logging.otlp_endpoint.is_some(),
        });
        told.as_object().cloned().unwrap_or_default()
    }

    /// What `goalstream mcp` must be told to do from anywhere what it would do here. Only what is not usual, so that it follows
    /// when the usual changes.
    pub(crate) fn flags(&self) -> anyhow::Result<Vec<String>> {
        let mut flags = Vec::new();
        if self.data_dir != usual_data_dir() {
            let data_dir = self.data_dir.to_str();
            let data_dir = data_dir.with_context(|| format!("{} is not text in UTF-8", self.data_dir.display()))?;
            flags.extend(["--data-dir".to_owned(), data_dir.to_owned()]);
        }
        if let Some(file) = self.file.as_ref().filter(|file| Some(*file) != users_file().as_ref()) {
            let path = std::path::absolute(file)?;
            let path = path.to_str().with_context(|| format!("{} is not text in UTF-8", path.display()))?;
            flags.extend(["--config".to_owned(), path.to_owned()]);
        }
        flags.extend(self.door.flags());
        Ok(flags)
    }
}

impl Arguments {
    /// Lays the layers on top of each other.
    pub(crate) fn resolve(self, said: Vec<(OsString, OsString)>) -> anyhow::Result<Settings> {
        let path = self.config.or_else(usual_file);
        let file = match &path {
            Some(path) => read(path)?,
            None => Said::default(),
        };
        Ok(Settings {
            said,
            file: path,
            data_dir: absolute(self.said.data_dir.or(file.data_dir).unwrap_or_else(usual_data_dir))?,
            database: self.said.database.resolve(file.database)?,
            bus: self.said.bus.resolve(file.bus)?,
            door: self.said.door.resolve(file.door)?,
            tls: self.said.tls.resolve(file.tls)?,
            leases: self.said.leases.resolve(file.leases)?,
            logging: self.said.logging.resolve(file.logging),
        })
    }
}

/// So that every message names a place that can be found again.
fn absolute(data_dir: PathBuf) -> anyhow::Result<PathBuf> {
    std::path::absolute(&data_dir).with_context(|| format!("find the data directory {}", data_dir.display()))
}

fn read(path: &Path) -> anyhow::Result<Said> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read the settings file {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("understand the settings file {}", path.display()))
}

/// `./goalstream.toml`, else the user's own, if either is there.
fn usual_file() -> Option<PathBuf> {
    [Some(PathBuf::from("goalstream.toml")), users_file()].into_iter().flatten().find(|path| path.is_file())
}

fn users_file() -> Option<PathBuf> {
    user_dir("XDG_CONFIG_HOME", ".config").map(|dir| dir.join("goalstream/config.toml"))
}

/// As root the servers run as somebody else, who could not reach root's own home.
fn usual_data_dir() -> PathBuf {
    if nix::unistd::Uid::effective().is_root() {
        return PathBuf::from("/var/lib/goalstream");
    }
    user_dir("XDG_DATA_HOME", ".local/share").unwrap_or_else(std::env::temp_dir).join("goalstream")
}

fn user_dir(variable: &str, below_home: &str) -> Option<PathBuf> {
    set(variable).or_else(|| set("HOME").map(|home| home.join(below_home)))
}

/// A folder that the environment names; the rules for these variables say that a relative one counts as not set.
fn set(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}
