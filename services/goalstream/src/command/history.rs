//! `goalstream history`: what happened, for people as text, for programs as lines.

use std::io::Write;

use clap::{Args, ValueEnum};
use dashboard::audit;
use domain::{ActorKind, Metadata, Recorded, goal::Difference};
use goal_agent::{Caller, Moment, request};
use serde_json::Value;

use super::{import::describe, written};
use crate::{
    config::Settings,
    instance::{Connected, Servers},
    telemetry,
};

/// Events read at once.
const PAGE_EVENTS: u32 = 500;
/// Lines of text when no number is given; programs get everything.
const TEXT_LINES: u32 = 50;
/// Characters of a value in a line of text.
const VALUE_CHARACTERS_MAX: usize = 60;

/// Print what happened: with --since from the oldest on, otherwise from the newest back.
#[derive(Args)]
pub(crate) struct History {
    /// Only of this goal and its tasks, or of this task.
    id: Option<String>,
    /// Only what came after this position, or from this time on.
    #[arg(long, value_name = "POSITION|TIME")]
    since: Option<Moment>,
    /// Only what came up to this position or time.
    #[arg(long, value_name = "POSITION|TIME")]
    until: Option<Moment>,
    /// Only what this actor did.
    #[arg(long)]
    actor: Option<String>,
    /// Only these types, such as task_completed.
    #[arg(long, value_delimiter = ',', value_name = "TYPE,...")]
    types: Vec<String>,
    /// Only what belongs to the same piece of work as the event at this position, led to it or came of it.
    #[arg(long, value_name = "POSITION")]
    cause: Option<u64>,
    /// At most so many events; of text 50 when not given, otherwise all.
    #[arg(long)]
    limit: Option<u32>,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    format: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A line an event: what changed, by whom and why.
    Text,
    /// Everything that is known of each event, as JSON.
    Jsonl,
    /// The same as a table.
    Csv,
}

impl History {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let _traces = telemetry::log(&settings.logging, "warn")?;
        let connected = Connected::to(&Servers::find(&settings)?, &settings).await?;
        let caller = Caller::new("history", ActorKind::System);
        let mut left = self.limit.or((self.format == Output::Text).then_some(TEXT_LINES)).unwrap_or(u32::MAX);
        anyhow::ensure!(left > 0, "--limit must be 1 or more");
        let mut request = self.request();
        let mut readers = self.write(&self.head())?;
        while readers {
            let page = connected.agent.recorded(&caller, &request, left.min(PAGE_EVENTS)).await;
            let page = page.map_err(|refusal| describe(&refusal))?;
            // Otherwise what is written meanwhile would be followed for ever.
            request.until = request.until.or(Some(Moment::Position(page.position)));
            for (event, cause) in &page.events {
                readers = readers && self.write(&self.line(event, *cause))?;
            }
            left -= u32::try_from(page.events.len()).unwrap_or(left).min(left);
            request.cursor = page.more;
            readers = readers && left > 0 && request.cursor.is_some();
        }
        connected.log.close().await;
        Ok(())
    }

    fn request(&self) -> request::History {
        request::History {
            id: self.id.clone(),
            since: self.since,
            until: self.until,
            actor: self.actor.clone(),
            types: self.types.clone(),
            cause: self.cause,
            ..request::History::default()
        }
    }

    fn head(&self) -> Vec<u8> {
        match self.format {
            Output::Text => Vec::new(),
            Output::Jsonl => audit::Format::JsonLines.head(audit::Shape::Audit),
            Output::Csv => audit::Format::Csv.head(audit::Shape::Audit),
        }
    }

    fn line(&self, event: &Recorded, cause: Option<u64>) -> Vec<u8> {
        match self.format {
            Output::Text => format!("{}\n", text(event)).into_bytes(),
            Output::Jsonl => audit::Format::JsonLines.line(audit::Shape::Audit, event, cause),
            Output::Csv => audit::Format::Csv.line(audit::Shape::Audit, event, cause),
        }
    }

    /// `false` when nobody reads any more.
    fn write(&self, bytes: &[u8]) -> anyhow::Result<bool> {
        written(std::io::stdout().lock().write_all(bytes))
    }
}

fn text(event: &Recorded) -> String {
    let read = event.goal_event().ok();
    let about =
        read.as_ref().and_then(domain::GoalEvent::task).map_or_else(|| event.stream.id.clone(), |id| id.to_string());
    let differences = read.map(|event| event.differences()).unwrap_or_default();
    let changes: Vec<String> = differences.iter().map(change).collect();
    let actor = event.metadata.get(Metadata::ACTOR_ID).unwrap_or("-");
    let why = event.metadata.get(Metadata::WHY).map(|why| format!("  (why: {why})")).unwrap_or_default();
    let at = event.recorded_at.format("%Y-%m-%d %H:%M:%S");
    let head = format!("#{:<7} {at}  {actor:<12} {about:<10} {:<22}", event.position, event.event_type);
    format!("{head} {}{why}", changes.join("; ")).trim_end().to_owned()
}

/// For example `status: pending -> in_progress`.
pub(super) fn change(difference: &Difference) -> String {
    let Difference { field, from, to } = difference;
    match (from.is_null(), to.is_null()) {
        (true, _) => format!("{field}: {}", shown(to)),
        (false, true) => format!("{field}: no longer {}", shown(from)),
        (false, false) => format!("{field}: {} -> {}", shown(from), shown(to)),
    }
}

fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(VALUE_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
