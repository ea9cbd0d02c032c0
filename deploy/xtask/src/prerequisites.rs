//! What must be on the machine before anything else: a C compiler, and Python 3 with pip.

use std::process::Stdio;

use anyhow::bail;

use crate::command::program;

/// What is asked, how, and what to do when it is not there.
const PREREQUISITES: [(&str, &[&str], &str); 2] = [
    (
        "cc",
        &["--version"],
        "a C compiler `cc`: on Debian or Ubuntu `sudo apt-get install build-essential`, on Fedora `sudo dnf install gcc`, \
         on macOS `xcode-select --install`",
    ),
    (
        "python3",
        &["-m", "pip", "--version"],
        "Python 3 with pip: on Debian or Ubuntu `sudo apt-get install python3 python3-pip python3-venv`, on Fedora \
         `sudo dnf install python3 python3-pip`, on macOS `brew install python`",
    ),
];

/// Fails with everything that is missing, at once.
pub(crate) async fn check() -> anyhow::Result<()> {
    let mut missing = Vec::new();
    for (name, arguments, advice) in PREREQUISITES {
        let mut command = program(name);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if !command.status().await.is_ok_and(|status| status.success()) {
            missing.push(format!("  - {advice}"));
        }
    }
    if missing.is_empty() { Ok(()) } else { bail!("please install first:\n{}", missing.join("\n")) }
}
