//! The files of this checkout as git would take them: tracked, or new and not ignored.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Folders whose Rust is not part of the program. What is in them may do what the program must not: tamper, cut, forge.
const BESIDE_THE_PROGRAM: [&str; 3] = ["/tests/", "/benches/", "/examples/"];

/// A text file.
pub(crate) struct Source {
    /// From the root of the checkout, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn has_extension(&self, extensions: &[&str]) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| extensions.iter().any(|extension| found == *extension))
    }

    /// Whether it is Rust that ends up in a library or an executable.
    pub(crate) fn is_program(&self) -> bool {
        self.has_extension(&["rs"])
            && !BESIDE_THE_PROGRAM.iter().any(|folder| self.path.contains(folder))
            && !self.path.ends_with("/tests.rs")
    }

    /// Numbered lines of the program, without the unit tests at its end.
    pub(crate) fn program_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().take_while(|(_, line)| *line != "#[cfg(test)]")
    }

    /// All lines, numbered from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    pub(crate) fn is_below(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }
}

/// Asked when it runs and not when it is built, so that a copy of the checkout can be judged as well.
pub(crate) fn root() -> PathBuf {
    let crate_dir = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&crate_dir).ancestors().nth(2).expect("this crate is two folders below the root").to_owned()
}

/// Paths of all files, sorted.
pub(crate) fn paths() -> Vec<String> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(root());
    let output = git.output().expect("git lists the files of this checkout");
    assert!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).expect("our paths are UTF-8");
    // A tracked file that was removed and not yet committed is still listed.
    let mut paths: Vec<String> =
        listed.split_terminator('\0').filter(|path| root().join(path).is_file()).map(str::to_owned).collect();
    paths.sort();
    paths.dedup();
    assert!(paths.len() > 100, "only {} files were found; is this the checkout?", paths.len());
    paths
}

/// All text files. Others (pictures) are passed over.
pub(crate) fn sources() -> Vec<Source> {
    let read = |path: String| Some(Source { text: fs::read_to_string(root().join(&path)).ok()?, path });
    paths().into_iter().filter_map(read).collect()
}

/// The text of one file, which must be there.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}; restore it"))
}

/// Fails with everything that breaks a rule, and with what to do.
pub(crate) fn hold(what_to_do: &str, broken: &[String]) {
    assert!(broken.is_empty(), "\n\n  {}\n\n{what_to_do}\n", broken.join("\n  "));
}
