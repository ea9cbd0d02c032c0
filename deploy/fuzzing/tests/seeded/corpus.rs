//! The files that are kept for each target.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is kept for a target, in the order of names, so that a seed is a run on any machine.
pub(crate) fn of(target: &str) -> Vec<Vec<u8>> {
    let files = names(&here("corpus").join(target));
    let kept: Vec<Vec<u8>> =
        files.iter().map(|file| fs::read(here("corpus").join(target).join(file)).unwrap()).collect();
    assert!(!kept.is_empty(), "nothing is kept for {target}");
    kept
}

/// The targets that have a corpus.
pub(crate) fn folders() -> Vec<String> {
    names(&here("corpus"))
}

/// The targets that cargo-fuzz knows.
pub(crate) fn targets_of_cargo_fuzz() -> Vec<String> {
    let files = names(&here("../fuzz/targets"));
    files.iter().map(|file| file.trim_end_matches(".rs").to_owned()).collect()
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
