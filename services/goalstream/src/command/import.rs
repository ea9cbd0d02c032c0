//! `goalstream import`: a plan from a file, through the same door as every other request.

use std::{io::Read, path::PathBuf};

use anyhow::Context;
use clap::Args;
use domain::ActorKind;
use goal_agent::{Caller, GoalAgent, Refusal, reply::Planned, request::CreateGoal};
use sha2::{Digest, Sha256};

use super::say;
use crate::{
    config::Settings,
    instance::{Connected, Servers},
    telemetry,
};

/// The largest plan that is read, in bytes.
const PLAN_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Create a goal with its tasks from a JSON file.
#[derive(Args)]
pub(crate) struct Import {
    /// The arguments of `create_goal` as JSON, or a list of them; `-` reads standard input.
    file: PathBuf,
}

impl Import {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let _traces = telemetry::log(&settings.logging, "warn")?;
        let text = self.read()?;
        let plans = parse(&text).with_context(|| format!("understand {}", self.file.display()))?;
        let servers = Servers::find(&settings)?;
        let connected = Connected::to(&servers, &settings).await?;
        let identity = settings.door.identity.clone();
        let caller = identity.map_or_else(
            || Caller::new("import", ActorKind::System),
            |identity| Caller::new(identity.id, identity.kind),
        );
        for (ordinal, plan) in plans.into_iter().enumerate() {
            let planned = plant(&connected.agent, &caller, &format!("import-{}-{ordinal}", hash(&text)), plan).await?;
            say(serde_json::to_string(&planned)?);
        }
        connected.log.close().await;
        Ok(())
    }

    fn read(&self) -> anyhow::Result<String> {
        let doing = || format!("read {}", self.file.display());
        let source: Box<dyn Read> = match self.file.to_str() {
            Some("-") => Box::new(std::io::stdin()),
            _ => Box::new(std::fs::File::open(&self.file).with_context(doing)?),
        };
        let mut text = String::new();
        let bytes = source.take(PLAN_BYTES_MAX + 1).read_to_string(&mut text).with_context(doing)?;
        anyhow::ensure!(bytes as u64 <= PLAN_BYTES_MAX, "{} has more than {PLAN_BYTES_MAX} bytes", self.file.display());
        Ok(text)
    }
}

/// One plan, or a list of plans. A single one is read as such, so that a mistake in it is named and not "neither of the two".
fn parse(text: &str) -> anyhow::Result<Vec<CreateGoal>> {
    match text.trim_start().starts_with('[') {
        true => Ok(serde_json::from_str(text)?),
        false => Ok(vec![serde_json::from_str(text)?]),
    }
}

/// Creates a goal under a request id of its own, unless the plan brings one: importing a file again changes nothing.
pub(super) async fn plant(
    agent: &GoalAgent,
    caller: &Caller,
    request_id: &str,
    plan: CreateGoal,
) -> anyhow::Result<Planned> {
    let request_id = plan.request_id.clone().or_else(|| Some(request_id.to_owned()));
    let title = plan.title.clone();
    let planned = agent.create_goal(caller, CreateGoal { request_id, ..plan }).await;
    planned.map_err(|refusal| describe(&refusal)).with_context(|| format!("create the goal `{title}`"))
}

pub(super) fn describe(refusal: &Refusal) -> anyhow::Error {
    anyhow::anyhow!("{}: {refusal}", refusal.code())
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
