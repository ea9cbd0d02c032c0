//! Clocks that are stepped while they are read: those of single processes, through libfaketime. The machine's stays what it is, and
//! so do the clocks that only measure how long something takes.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use local_stack::tools::Program;

/// Where distributions keep their libraries, and where libfaketime is among them.
const LIBRARIES: [&str; 3] = ["/usr/lib", "/usr/lib64", "/usr/local/lib"];
const NAME: &str = "faketime/libfaketimeMT.so.1";
/// The programs of Postgres that are started here.
const POSTGRES: &str = "postgres";

/// What one process, with all that come from it, takes for the time.
pub(crate) struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// A clock that is right. `None` where libfaketime is not installed.
    pub(crate) fn right(file: PathBuf) -> Option<Self> {
        let clock = Self { library: library()?, file };
        clock.step(0);
        Some(clock)
    }

    /// As much too late or, below zero, too early from now on.
    pub(crate) fn step(&self, seconds: i64) {
        // Whole or not at all: it is read all the time.
        let draft = self.file.with_extension("draft");
        fs::write(&draft, format!("{seconds:+}s\n")).unwrap();
        fs::rename(draft, &self.file).unwrap();
    }

    /// What a process must find in its environment. Times of files are left alone: the library takes a lock for them that all processes of
    /// Postgres share, and who is killed while it has it would keep the others waiting for ever.
    pub(crate) fn environment(&self) -> [(&'static str, &Path); 5] {
        [
            ("LD_PRELOAD", &self.library),
            ("FAKETIME_TIMESTAMP_FILE", &self.file),
            ("FAKETIME_NO_CACHE", Path::new("1")),
            ("FAKETIME_DONT_FAKE_MONOTONIC", Path::new("1")),
            ("NO_FAKE_STAT", Path::new("1")),
        ]
    }

    /// The same Postgres, by this clock: a folder of its programs, of which the server is a script that sets the clock first.
    pub(crate) fn wind(&self, program: &Program, folder: &Path) -> Program {
        fs::create_dir(folder).unwrap();
        for entry in fs::read_dir(&program.folder).unwrap() {
            let original = entry.unwrap();
            if original.file_name() != POSTGRES {
                symlink(original.path(), folder.join(original.file_name())).unwrap();
            }
        }
        let sets: String =
            self.environment().map(|(name, value)| format!("export {name}='{}'\n", value.display())).concat();
        let script = format!("#!/bin/sh\n{sets}exec '{}' \"$@\"\n", program.path(POSTGRES).display());
        let path = folder.join(POSTGRES);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Program { folder: folder.to_owned(), version: program.version }
    }
}

fn library() -> Option<PathBuf> {
    let folders = LIBRARIES.iter().flat_map(|root| {
        // Debian has one folder more, named after the machine.
        let below = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
        std::iter::once(PathBuf::from(root)).chain(below)
    });
    folders.map(|folder| folder.join(NAME)).find(|library| library.exists())
}

#[test]
fn a_process_reads_the_clock_that_was_stepped_for_it() {
    let file = std::env::temp_dir().join(format!("goalstream-clock-{}", std::process::id()));
    let Some(clock) = Clock::right(file.clone()) else {
        println!("SKIPPED: libfaketime is not installed");
        return;
    };
    let told = || {
        let output = std::process::Command::new("date").arg("+%s").envs(clock.environment()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse::<i64>().unwrap()
    };
    let right = told();
    clock.step(-300);
    let early = told();
    clock.step(300);
    let late = told();
    fs::remove_file(file).unwrap();
    assert!((right - 300..right - 200).contains(&early), "{right}, {early}");
    assert!((right + 300..right + 400).contains(&late), "{right}, {late}");
}
