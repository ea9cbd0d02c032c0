//! The change of a configuration file: all or nothing, kept as it was before, and still the same file to everybody else.

use std::{
    fs::{self, Metadata, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, chown},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};

/// What the name of the copy ends with.
const BACKUP: &str = ".before-goalstream";
/// No client's configuration is near to this.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A file as it was read; there may be none yet.
pub(super) struct File {
    /// Where it really is, when what the client knows is a link.
    path: PathBuf,
    text: String,
    about: Option<Metadata>,
    /// Who may read it, if we are the first to write it.
    mode: u32,
}

/// How a file was replaced.
pub(super) enum Replaced {
    /// `backup` says what it said before we first changed it.
    Yes { backup: Option<PathBuf> },
    /// Not at all, since somebody else has changed it meanwhile.
    Overtaken,
}

impl File {
    /// `private` is a file that others on this machine are not to read, if there is none yet.
    pub(super) fn read(path: &Path, private: bool) -> anyhow::Result<Self> {
        let mode = if private { 0o600 } else { 0o666 };
        if path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            return Ok(Self { path: path.to_owned(), text: String::new(), about: None, mode });
        }
        let shown = path.display();
        let path = path.canonicalize().with_context(|| format!("{shown} leads nowhere; mend the link or remove it"))?;
        let about = path.metadata().with_context(|| format!("look at {shown}"))?;
        ensure!(about.is_file(), "{shown} is not a file");
        ensure!(about.len() <= BYTES_MAX, "{shown} has {} bytes, and {BYTES_MAX} are the most", about.len());
        let text = fs::read_to_string(&path).with_context(|| format!("read {shown}"))?;
        Ok(Self { path, text, about: Some(about), mode })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Puts the text in its place.
    pub(super) fn replace(&self, text: &str) -> anyhow::Result<Replaced> {
        let folder = self.path.parent().context("a file is in a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        let backup = self.about.is_some().then(|| self.back_up()).transpose()?;
        let new = self.written_beside(text)?;
        if !self.is_as_it_was_read() {
            return Ok(Replaced::Overtaken);
        }
        new.takes_the_place_of(&self.path)?;
        Ok(Replaced::Yes { backup })
    }

    fn is_as_it_was_read(&self) -> bool {
        let now = Self::read(&self.path, true);
        now.is_ok_and(|now| now.text == self.text && now.about.is_some() == self.about.is_some())
    }

    /// Keeps a copy, once: what it said before us is worth more than what it said before the last time.
    fn back_up(&self) -> anyhow::Result<PathBuf> {
        let backup = named_like(&self.path, "", BACKUP)?;
        if !backup.exists() {
            self.written_beside(&self.text)?.takes_the_place_of(&backup)?;
        }
        Ok(backup)
    }

    /// A new file beside this one, safe on the disk, with the text and with all that this one's owner said about it.
    fn written_beside(&self, text: &str) -> anyhow::Result<Beside> {
        let beside = Beside(named_like(&self.path, ".", &format!(".{}.new", std::process::id()))?);
        self.write(&beside.0, text).with_context(|| format!("write {}", beside.0.display()))?;
        Ok(beside)
    }

    fn write(&self, path: &Path, text: &str) -> anyhow::Result<()> {
        // What its owner put into it is nobody else's business until its owner's permissions are on it.
        let mode = if self.about.is_some() { 0o600 } else { self.mode };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(text.as_bytes())?;
        if let Some(about) = &self.about {
            let ours = file.metadata()?;
            if (ours.uid(), ours.gid()) != (about.uid(), about.gid()) {
                chown(path, Some(about.uid()), Some(about.gid())).context("give it to the owner of the file")?;
            }
            file.set_permissions(about.permissions())?;
        }
        Ok(file.sync_all()?)
    }
}

/// A file that is there until it has taken another's place, or we have given up.
struct Beside(PathBuf);

impl Beside {
    fn takes_the_place_of(self, path: &Path) -> anyhow::Result<()> {
        fs::rename(&self.0, path).with_context(|| format!("write {}", path.display()))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It has its new name already, or we are about to say what went wrong.
        let _ = fs::remove_file(&self.0);
    }
}

/// A file in the same folder.
fn named_like(path: &Path, before: &str, after: &str) -> anyhow::Result<PathBuf> {
    let Some(name) = path.file_name() else { bail!("{} has no name", path.display()) };
    let mut named = std::ffi::OsString::from(before);
    named.push(name);
    named.push(after);
    Ok(path.with_file_name(named))
}
