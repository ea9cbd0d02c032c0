//! Where programs are looked for and installed: the only place here that reads the environment.

use std::env;
use std::path::PathBuf;

use nix::unistd::Uid;

/// Folders to search, and the folder to install into.
#[derive(Debug, Clone)]
pub struct Places {
    /// Folders with executables, in the order they are tried.
    pub search_path: Vec<PathBuf>,
    /// Where installed packages go; shared by all checkouts of this user.
    pub tools_dir: PathBuf,
}

impl Places {
    /// `PATH`, the usual folders of package managers, and the user's cache folder.
    #[must_use]
    pub fn from_environment() -> Self {
        let mut search_path: Vec<PathBuf> =
            env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
        search_path.extend(["/usr/local/bin", "/usr/bin", "/usr/sbin", "/opt/homebrew/bin"].map(PathBuf::from));
        Self { search_path, tools_dir: cache_dir().join("tools") }
    }
}

/// As root the servers run as somebody else, who cannot look into root's own cache.
fn cache_dir() -> PathBuf {
    if Uid::effective().is_root() {
        return PathBuf::from("/var/cache/goalstream");
    }
    let set = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    cache.unwrap_or_else(env::temp_dir).join("goalstream")
}
