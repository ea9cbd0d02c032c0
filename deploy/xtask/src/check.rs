//! Formatting and lints.

use crate::command::{cargo, openly};
use crate::progress::Progress;

pub(crate) const FORMAT: [&str; 3] = ["fmt", "--all", "--check"];
/// With the fixtures of `cargo xtask conformance`, which nothing else compiles.
pub(crate) const LINTS: [&str; 8] =
    ["clippy", "--workspace", "--all-targets", "--features", "goalstream/fixtures", "--", "-D", "warnings"];

pub(crate) async fn check(progress: &Progress) -> anyhow::Result<()> {
    // The dashboard embeds the page, so it compiles only with one.
    crate::page::build(progress).await?;
    openly(cargo(&FORMAT), "cargo fmt --check").await?;
    openly(cargo(&LINTS), "cargo clippy").await
}
