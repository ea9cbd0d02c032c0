//! Everything that is tested, in the order of how soon it tells something. The servers are always stopped at the end.

use anyhow::Context;
use local_stack::shared;

use crate::command::{cargo, openly, quietly};
use crate::progress::Progress;
use crate::summary::{Outcome, Summary};
use crate::{browser, check, clients, page, prerequisites};

pub(crate) async fn test(progress: &Progress) -> anyhow::Result<()> {
    prerequisites::check().await?;
    // Ours alone for the whole run: nobody else's tests get these servers stopped under them unawares.
    let result = tokio::select! {
        result = sections(progress) => result,
        interrupt = tokio::signal::ctrl_c() => interrupt.context("wait for Ctrl-C").and(Err(anyhow::anyhow!("interrupted"))),
    };
    shared::stop(&|_| ()).await?;
    result
}

async fn sections(progress: &Progress) -> anyhow::Result<()> {
    let mut summary = Summary::new(progress);
    summary.section("page build", page_build(progress)).await;
    summary.section("cargo fmt", open_cargo(&check::FORMAT)).await;
    summary.section("cargo clippy", open_cargo(&check::LINTS)).await;
    if summary.section("private servers", servers(progress)).await {
        summary.section("cargo test", open_cargo(&["test", "--workspace", "--no-fail-fast"])).await;
        summary.section("page tests", page_tests(progress)).await;
        if summary.section("goalstream build", executable(progress)).await {
            clients::sections(&mut summary, progress).await?;
            browser::sections(&mut summary, progress).await?;
        }
    }
    summary.finish()
}

async fn page_build(progress: &Progress) -> anyhow::Result<Outcome> {
    Ok(page::build(progress).await?.map_or(Outcome::Absent, |_| Outcome::Passed))
}

async fn open_cargo(arguments: &[&str]) -> anyhow::Result<Outcome> {
    let mut command = cargo(arguments);
    command.env(shared::STACK_FILE_VARIABLE, shared::stack_file());
    openly(command, &format!("cargo {}", arguments[0])).await?;
    Ok(Outcome::Passed)
}

async fn servers(progress: &Progress) -> anyhow::Result<Outcome> {
    shared::start(&|line| progress.say(line)).await?;
    Ok(Outcome::Passed)
}

pub(crate) async fn executable(progress: &Progress) -> anyhow::Result<Outcome> {
    // Built with the tests already; selecting its package alone would build half the dependencies again, with other features.
    quietly(cargo(&["test", "--workspace", "--no-run"]), "build goalstream", progress).await?;
    Ok(Outcome::Passed)
}

async fn page_tests(progress: &Progress) -> anyhow::Result<Outcome> {
    let Some(folder) = page::build(progress).await? else { return Ok(Outcome::Absent) };
    let has_tests = std::fs::read_to_string(folder.join("package.json"))?.contains("\"test\":");
    if !has_tests {
        return Ok(Outcome::Absent);
    }
    let node = page::node(progress).await?;
    page::install_packages(&node, &folder, "npm ci (page)", progress).await?;
    openly(page::npm(&node, &folder, &["test"]), "npm test").await?;
    Ok(Outcome::Passed)
}
