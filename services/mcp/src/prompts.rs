//! Prompts: what a person can ask an agent to do here, with what it needs to know for it read in already. Clients show them as commands.

use goal_agent::{
    Caller, GoalAgent, Moment,
    request::{Find, FindView, Get, History, Include, Kind},
};
use rmcp::model::{
    CacheScope, GetPromptResult, JsonObject, ListPromptsResult, Prompt as Shown, PromptArgument, PromptMessage, Role,
};
use serde::Serialize;
use serde_json::Value;

use crate::answer::Told;

/// They only change with a new version.
const LIFETIME_MS: u64 = 60 * 60 * 1_000;
/// Rows of each list in a prompt.
const ROWS: u32 = 15;
/// How far back a standup looks when nothing is said, in hours.
const STANDUP_HOURS: i64 = 24;
/// What a standup is about.
const STANDUP_EVENTS: [&str; 6] =
    ["task_completed", "task_failed", "task_blocked", "task_claimed", "goal_completed", "goal_created"];

/// A prompt, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prompt {
    Handoff,
    PlanGoal,
    Standup,
    TriageBlocked,
}

/// An argument: its name, what it is, whether it must be given.
type Argument = (&'static str, &'static str, bool);

impl Prompt {
    pub(crate) const ALL: [Self; 4] = [Self::Handoff, Self::PlanGoal, Self::Standup, Self::TriageBlocked];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|prompt| prompt.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Handoff => "handoff",
            Self::PlanGoal => "plan_goal",
            Self::Standup => "standup",
            Self::TriageBlocked => "triage_blocked",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Handoff => "Hand a task over",
            Self::PlanGoal => "Plan a goal",
            Self::Standup => "Write a standup",
            Self::TriageBlocked => "Triage what is blocked",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Handoff => "Write down where a task stands, and give it back for the next worker",
            Self::PlanGoal => "Break an objective down into a goal with tasks, dependencies and criteria",
            Self::Standup => "Say what was done lately, what is in work, and what is in the way",
            Self::TriageBlocked => "Find out what holds up the work, and get it going again",
        }
    }

    pub(crate) fn arguments(self) -> &'static [Argument] {
        match self {
            Self::Handoff => &[("task", "task id", true)],
            Self::PlanGoal => &[("objective", "what is to be reached", true)],
            Self::Standup => {
                &[("goal", "only this goal", false), ("since", "position or time; a day ago when not given", false)]
            }
            Self::TriageBlocked => &[("goal", "only this goal", false), ("tag", "only what has this tag", false)],
        }
    }

    fn shown(self) -> Shown {
        let arguments = self.arguments().iter().map(|(name, description, required)| {
            PromptArgument::new(*name).with_description(*description).with_required(*required)
        });
        Shown::new(self.name(), Some(self.description()), Some(arguments.collect())).with_title(self.title())
    }
}

/// All of them.
pub(crate) fn list() -> ListPromptsResult {
    ListPromptsResult::with_all_items(Prompt::ALL.map(Prompt::shown).to_vec())
        .with_ttl_ms(LIFETIME_MS)
        .with_cache_scope(CacheScope::Public)
}

/// A prompt with its arguments filled in and everything it is about read in.
pub(crate) async fn get(
    agent: &GoalAgent,
    caller: &Caller,
    prompt: Prompt,
    given: &JsonObject,
) -> Result<GetPromptResult, Told> {
    let given = Given::read(prompt, given)?;
    let text = match prompt {
        Prompt::Handoff => handoff(agent, caller, given.required("task")).await?,
        Prompt::PlanGoal => plan_goal(agent, caller, given.required("objective")).await?,
        Prompt::Standup => standup(agent, caller, &given).await?,
        Prompt::TriageBlocked => triage_blocked(agent, caller, &given).await?,
    };
    let message = PromptMessage::new_text(Role::User, text);
    Ok(GetPromptResult::new(vec![message]).with_description(prompt.description()))
}

/// Arguments as they were given: texts, and only known ones.
struct Given(Vec<(&'static str, String)>);

impl Given {
    fn read(prompt: Prompt, given: &JsonObject) -> Result<Self, Told> {
        let known = prompt.arguments();
        let names = || known.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ");
        if let Some(unknown) = given.keys().find(|name| known.iter().all(|(known, ..)| known != name)) {
            return Err(Told::invalid(unknown, &format!("is no argument of {}; there are {}", prompt.name(), names())));
        }
        let mut read = Vec::new();
        for (name, description, required) in known {
            match given.get(*name) {
                Some(Value::String(text)) if !text.trim().is_empty() => read.push((*name, text.trim().to_owned())),
                None | Some(Value::Null | Value::String(_)) if !required => {}
                None | Some(Value::Null | Value::String(_)) => {
                    return Err(Told::invalid(name, &format!("is missing: {description}")));
                }
                Some(_) => return Err(Told::invalid(name, &format!("must be text: {description}"))),
            }
        }
        Ok(Self(read))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str())
    }

    fn required(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}

async fn plan_goal(agent: &GoalAgent, caller: &Caller, objective: &str) -> Result<String, Told> {
    // Terms such as `tag:` mean something to find; here they are words.
    let words = Some(objective.replace(':', " ").chars().take(500).collect());
    let alike = Find { q: words, kind: Some(Kind::Goal), limit: Some(ROWS), ..Find::default() };
    let alike = agent.find(caller, alike).await?.rows;
    let tags = agent.tags_like(caller, "").await?;
    Ok(format!(
        "Plan this objective as a goal in Goalstream:\n\n{objective}\n\n\
         Look at the goals below first: if one of them already is this, extend it with add_tasks instead.\n\
         Otherwise call create_goal once, with the whole tree. Tasks that one agent can finish in one sitting, each with a title that \
         says what will be true when it is done; `after` where one must wait for another, and nowhere else; `accept` with criteria that \
         can be checked; `estimate` where you have reason to. Give it a request_id. Then tell which tasks are ready.\n\n\
         Goals with similar words:\n{}\n\nTags in use: {}",
        shown(&alike),
        shown(&tags)
    ))
}

async fn standup(agent: &GoalAgent, caller: &Caller, given: &Given) -> Result<String, Told> {
    let since = match given.get("since") {
        Some(text) => text
            .parse()
            .map_err(|_| Told::invalid("since", "must be a position such as 4711, or a time such as 2026-11-30"))?,
        None => Moment::Time(chrono::Utc::now() - chrono::TimeDelta::hours(STANDUP_HOURS)),
    };
    let goal = given.get("goal").map(str::to_owned);
    let happened = History {
        id: goal.clone(),
        since: Some(since),
        types: STANDUP_EVENTS.map(str::to_owned).to_vec(),
        ..History::default()
    };
    let happened = agent.history(caller, happened).await?;
    let blocked = rows(agent, caller, FindView::Blocked, goal.as_deref(), None).await?;
    let stale = rows(agent, caller, FindView::Stale, goal.as_deref(), None).await?;
    let ready = rows(agent, caller, FindView::Ready, goal.as_deref(), None).await?;
    Ok(format!(
        "Write a standup from the log of Goalstream: what was done, what is in work and by whom, what is in the way, what is next. \
         Short, by goal, with ids. Only what stands below; say so when there is little.\n\n\
         Events{}:\n{}\n\nBlocked:\n{}\n\nLeases that ran out, or nothing happened for long:\n{}\n\nReady:\n{}",
        if happened.more.is_some() { " (there are more)" } else { "" },
        shown(&happened.events),
        shown(&blocked),
        shown(&stale),
        shown(&ready)
    ))
}

async fn triage_blocked(agent: &GoalAgent, caller: &Caller, given: &Given) -> Result<String, Told> {
    let (goal, tag) = (given.get("goal"), given.get("tag"));
    let blocked = rows(agent, caller, FindView::Blocked, goal, tag).await?;
    let stale = rows(agent, caller, FindView::Stale, goal, tag).await?;
    let overdue = rows(agent, caller, FindView::Overdue, goal, tag).await?;
    Ok(format!(
        "Triage what holds up the work in Goalstream. For each task below find what it waits for (why_blocked), follow that to where it \
         begins, and say what would get it going: a task to claim, a dependency that is none, a failed task to reopen, a question to a \
         person. Propose the changes first; then make those that were agreed to, with update, comment or claim.\n\n\
         Blocked:\n{}\n\nStale:\n{}\n\nOverdue:\n{}",
        shown(&blocked),
        shown(&stale),
        shown(&overdue)
    ))
}

async fn handoff(agent: &GoalAgent, caller: &Caller, task: &str) -> Result<String, Told> {
    let include = vec![Include::Comments, Include::History];
    let object = agent.get(caller, Get { ids: vec![task.to_owned()], include, ..Get::default() }).await?;
    Ok(format!(
        "Hand over {task} in Goalstream. From what stands below and from what you did, write what the next worker needs: what is done, what \
         is left, what was tried and did not work, where things are. Then, if you hold it, give it back with claim, its fence, release \
         true and that text as `handoff`; if you do not, add it with comment, kind handoff.\n\n{}",
        shown(&object)
    ))
}

async fn rows(
    agent: &GoalAgent,
    caller: &Caller,
    view: FindView,
    goal: Option<&str>,
    tag: Option<&str>,
) -> Result<impl Serialize + use<>, Told> {
    let request = Find {
        view: Some(view),
        kind: Some(Kind::Task),
        goal: goal.map(str::to_owned),
        tags: tag.map(str::to_owned).into_iter().collect(),
        limit: Some(ROWS),
        ..Find::default()
    };
    Ok(agent.find(caller, request).await?.rows)
}

/// As JSON: models read it well, and nothing in it can pass for an instruction of ours.
fn shown(part: &impl Serialize) -> String {
    serde_json::to_string(part).unwrap_or_default()
}
