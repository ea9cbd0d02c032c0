//! What a half-written argument of a prompt or an address may become.

use goal_agent::{Caller, GoalAgent, request::Kind};
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};

use crate::{answer::Told, prompts::Prompt};

/// What kind of word an argument takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Goal,
    Task,
    GoalOrTask,
    Tag,
    /// Nothing that we could know.
    Free,
}

/// Words that begin like the one so far.
pub(crate) async fn complete(
    agent: &GoalAgent,
    caller: &Caller,
    request: &CompleteRequestParams,
) -> Result<CompleteResult, Told> {
    let text = &request.argument.value;
    let values = match word(&request.r#ref, &request.argument.name)? {
        Word::Goal => agent.ids_like(caller, Kind::Goal, text).await?,
        Word::Task => agent.ids_like(caller, Kind::Task, text).await?,
        Word::GoalOrTask => {
            let mut ids = agent.ids_like(caller, Kind::Goal, text).await?;
            ids.extend(agent.ids_like(caller, Kind::Task, text).await?);
            ids
        }
        Word::Tag => agent.tags_like(caller, text).await?,
        Word::Free => Vec::new(),
    };
    let completion = CompletionInfo::with_all_values(values).unwrap_or_default();
    Ok(CompleteResult::new(completion))
}

fn word(reference: &Reference, argument: &str) -> Result<Word, Told> {
    match reference {
        Reference::Prompt(prompt) => {
            let Some(prompt) = Prompt::named(&prompt.name) else {
                return Err(Told::invalid("ref", "names no prompt of this server; see prompts/list"));
            };
            match prompt.arguments().iter().find(|(name, ..)| *name == argument) {
                Some(("goal", ..)) => Ok(Word::Goal),
                Some(("task", ..)) => Ok(Word::Task),
                Some(("tag", ..)) => Ok(Word::Tag),
                Some(_) => Ok(Word::Free),
                None => Err(Told::invalid("argument", "is none of that prompt's")),
            }
        }
        Reference::Resource(template) => match (template.uri.as_str(), argument) {
            ("goal://{id}", "id") => Ok(Word::GoalOrTask),
            ("event://{position}", "position") => Ok(Word::Free),
            _ => Err(Told::invalid("ref", "names no template of this server; see resources/templates/list")),
        },
        _ => Ok(Word::Free),
    }
}
