//! The generated passwords, kept beside the data for the next start.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Doing, StackError};

#[derive(Serialize, Deserialize)]
pub(crate) struct Secrets {
    pub(crate) owner_password: String,
    pub(crate) app_password: String,
    pub(crate) nats_password: String,
}

impl Secrets {
    /// Those kept at `path`, if any.
    pub(crate) fn load(path: &Path) -> Result<Option<Self>, StackError> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| StackError::Failed {
                doing: format!("read {}", path.display()),
                detail: error.to_string(),
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).doing(|| format!("read {}", path.display())),
        }
    }

    /// Fresh ones: letters and digits only, so they need no quoting in a URL, in SQL or in the server's configuration.
    pub(crate) fn generate() -> Self {
        let password = || Uuid::new_v4().simple().to_string();
        Self { owner_password: password(), app_password: password(), nats_password: password() }
    }

    pub(crate) fn save(&self, path: &Path) -> Result<(), StackError> {
        let text =
            serde_json::to_string(self).map_err(std::io::Error::other).doing(|| "encode the passwords".into())?;
        write_private(path, &text)
    }
}

/// Writes a file only its owner can read, whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), StackError> {
    let doing = || format!("write {}", path.display());
    let partial = path.with_extension("partial");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial).doing(doing)?;
    file.write_all(text.as_bytes()).doing(doing)?;
    file.sync_all().doing(doing)?;
    fs::rename(&partial, path).doing(doing)
}
