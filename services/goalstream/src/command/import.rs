//! `goalstream import`: plans from a file, through the same door as every other request. All of them are looked at before any is created.

use std::{collections::HashMap, io::Read, path::PathBuf};

use anyhow::Context;
use clap::Args;
use domain::ActorKind;
use goal_agent::{Caller, GoalAgent, Refusal, reply::Planned, request::CreateGoal};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::print;
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
        check(&plans)?;
        let servers = Servers::find(&settings)?;
        let connected = Connected::to(&servers, &settings).await?;
        let identity = settings.door.identity.clone();
        let caller = identity.map_or_else(
            || Caller::new("import", ActorKind::System),
            |identity| Caller::new(identity.id, identity.kind),
        );
        for (plan, request_id) in plans.into_iter().zip(request_ids(&text)?) {
            let planned = plant(&connected.agent, &caller, &request_id, plan).await?;
            print(serde_json::to_string(&planned)?)?;
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

/// Names the first plan that could not be created.
fn check(plans: &[CreateGoal]) -> anyhow::Result<()> {
    for (place, plan) in plans.iter().enumerate() {
        let checked = GoalAgent::check_goal(plan).map_err(|refusal| describe(&refusal));
        checked.with_context(|| {
            format!("plan {} of {} (`{}`); nothing was created", place + 1, plans.len(), plan.title)
        })?;
    }
    Ok(())
}

/// A request id for each plan, of its own words as they were written: a file that was corrected, or has grown, creates only what is new in it.
/// Plans that are the same are counted.
fn request_ids(text: &str) -> anyhow::Result<Vec<String>> {
    let written: Value = serde_json::from_str(text)?;
    let plans = if let Value::Array(plans) = written { plans } else { vec![written] };
    let mut seen: HashMap<String, usize> = HashMap::new();
    let identify = |plan: &Value| {
        let words = hash(&plan.to_string());
        let before = seen.entry(words.clone()).or_default();
        *before += 1;
        format!("import-{words}-{before}")
    };
    Ok(plans.iter().map(identify).collect())
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

fn hash(words: &str) -> String {
    Sha256::digest(words).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
