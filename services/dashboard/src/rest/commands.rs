//! `POST /api/v1/commands/{name}`: what the tools do, with the same arguments and the same answers.
//!
//! A command is carried out once, however often it is sent under the same id. Several in one request are carried out one after the other,
//! each for itself.

use std::sync::LazyLock;

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use goal_agent::{
    Caller, GoalAgent, Refusal,
    arguments::{self, schema},
    reply, request,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{body, caller::caller, conditions, named::Named, route::Route};
use crate::{Dashboard, problem::Problem};

/// Commands of one batch.
const BATCH_COMMANDS_MAX: usize = 100;

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    CreateGoal,
    AddTasks,
    Update,
    Claim,
    Complete,
    Comment,
    Undo,
}

/// What each command takes, in the order of [`Command::ALL`].
static SCHEMAS: LazyLock<[Map<String, Value>; 7]> = LazyLock::new(|| {
    [
        schema::of::<request::CreateGoal>(),
        schema::of::<request::AddTasks>(),
        schema::of::<request::Update>(),
        schema::of::<request::Claim>(),
        schema::of::<request::Complete>(),
        schema::of::<request::AddComment>(),
        schema::of::<request::Undo>(),
    ]
});
static BATCH: LazyLock<Map<String, Value>> = LazyLock::new(schema::of::<Batch>);

/// Several commands.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Batch {
    /// Carried out one after the other, up to 100. Each is all or nothing, and one that is refused does not keep the next from being tried.
    commands: Vec<Batched>,
}

/// One of them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Batched {
    /// create_goal, add_tasks, update, claim, complete, comment or undo.
    name: String,
    /// What it takes. A request_id of its own makes it repeatable by itself.
    #[serde(default)]
    arguments: Map<String, Value>,
}

/// What became of each, in their order.
#[derive(Serialize, JsonSchema)]
struct Results {
    results: Vec<Outcome>,
}

/// What became of one: what it would have been answered by itself.
#[derive(Serialize, JsonSchema)]
struct Outcome {
    /// The status.
    status: u16,
    /// The answer, or the problem.
    body: Value,
}

pub(crate) fn routes() -> Vec<Route> {
    const CHANGED: &[(u16, &str)] = &[(412, "If-Match names a version that is not the one there is.")];
    vec![
        Route::post("/api/v1/commands", "Carries out up to 100 commands, one after the other.", batch)
            .takes::<Batch>()
            .answers::<Results>(),
        // One row a command, so that each is described with its own body.
        Route::post("/api/v1/commands/create_goal", "Creates a goal with its tree of tasks.", create_goal)
            .takes::<request::CreateGoal>()
            .creates()
            .answers::<reply::Planned>()
            .leads_to(&[("goals", "/goal"), ("tasks", "/ready/0")]),
        Route::post("/api/v1/commands/add_tasks", "Adds tasks below a goal or a task.", add_tasks)
            .takes::<request::AddTasks>()
            .creates()
            .answers::<reply::Planned>(),
        Route::post("/api/v1/commands/update", "Changes goals and tasks.", update)
            .takes::<request::Update>()
            .answers::<reply::Updated>()
            .also(CHANGED),
        Route::post("/api/v1/commands/claim", "Claims a task, renews a claim or gives it back.", claim)
            .takes::<request::Claim>()
            .answers::<reply::Claimed>(),
        Route::post("/api/v1/commands/complete", "Says how a task or goal came out.", complete)
            .takes::<request::Complete>()
            .answers::<reply::Completed>(),
        Route::post("/api/v1/commands/comment", "Says something about a goal or task.", comment)
            .takes::<request::AddComment>()
            .answers::<reply::Commented>(),
        Route::post("/api/v1/commands/undo", "Takes back what was done, or shows what that would do.", undo)
            .takes::<request::Undo>()
            .answers::<reply::Undone>(),
    ]
}

/// Whatever else is named there.
pub(crate) async fn no_such_command(name: Named) -> Problem {
    Command::named(&name).err().unwrap_or_else(|| Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "use POST"))
}

macro_rules! alone {
    ($($handler:ident: $command:ident),+) => {
        $(async fn $handler(dashboard: State<Dashboard>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
            carried_out(&dashboard, Command::$command, &headers, body::object(body).await?).await
        })+
    };
}
alone!(
    create_goal: CreateGoal, add_tasks: AddTasks, update: Update, claim: Claim, complete: Complete,
    comment: Comment, undo: Undo
);

/// Carries out one command under what the headers say.
pub(crate) async fn carried_out(
    dashboard: &Dashboard,
    command: Command,
    headers: &HeaderMap,
    mut arguments: Map<String, Value>,
) -> Result<Response, Problem> {
    let caller = caller(headers)?;
    if let Some(key) = conditions::key(headers)? {
        conditions::remember_as(key, &mut arguments)?;
    }
    let expected = conditions::expect(headers, command, &mut arguments)?;
    let done = command.carry_out(&dashboard.agent, &caller, arguments).await;
    let answer = done.map_err(|problem| conditions::precondition(expected, problem))?;
    let made = answer["goal"].as_str().filter(|_| command == Command::CreateGoal);
    let address = made.map(|goal| [(header::LOCATION, format!("/api/v1/goals/{goal}"))]);
    Ok((command.success(), address, Json(answer)).into_response())
}

/// With an id of the whole each command has one of its own: a repeat carries out what had not been.
async fn batch(dashboard: State<Dashboard>, headers: HeaderMap, body: Body) -> Result<Json<Results>, Problem> {
    let caller = caller(&headers)?;
    let key = conditions::key(&headers)?;
    let Batch { commands } = arguments::read(&BATCH, body::object(body).await?)?;
    if !(1..=BATCH_COMMANDS_MAX).contains(&commands.len()) {
        let problem = format!("has {} commands; give 1 to {BATCH_COMMANDS_MAX}", commands.len());
        return Err(Refusal::validation("commands", problem).into());
    }
    let mut results = Vec::with_capacity(commands.len());
    for (place, command) in commands.into_iter().enumerate() {
        let key = key.map(|key| format!("{key}#{place}"));
        results.push(match one_of_many(&dashboard.agent, &caller, command, key.as_deref()).await {
            Ok((status, body)) => Outcome { status: status.as_u16(), body },
            Err(problem) => Outcome { status: problem.status().as_u16(), body: problem.told() },
        });
    }
    Ok(Json(Results { results }))
}

async fn one_of_many(
    agent: &GoalAgent,
    caller: &Caller,
    Batched { name, mut arguments }: Batched,
    key: Option<&str>,
) -> Result<(StatusCode, Value), Problem> {
    let command = Command::named(&name)?;
    if let Some(key) = key.filter(|_| !arguments.contains_key("request_id")) {
        conditions::remember_as(key, &mut arguments)?;
    }
    Ok((command.success(), command.carry_out(agent, caller, arguments).await?))
}

impl Command {
    pub(crate) const ALL: [Self; 7] =
        [Self::CreateGoal, Self::AddTasks, Self::Update, Self::Claim, Self::Complete, Self::Comment, Self::Undo];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CreateGoal => "create_goal",
            Self::AddTasks => "add_tasks",
            Self::Update => "update",
            Self::Claim => "claim",
            Self::Complete => "complete",
            Self::Comment => "comment",
            Self::Undo => "undo",
        }
    }

    fn named(name: &str) -> Result<Self, Problem> {
        let found = Self::ALL.into_iter().find(|command| command.name() == name);
        found.ok_or_else(|| {
            let (shown, names) = (name.chars().take(40).collect::<String>(), Self::ALL.map(Self::name).join(", "));
            Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("there is no command `{shown}`"))
                .hint(format!("there are {names}"))
        })
    }

    /// What it takes.
    pub(crate) fn schema(self) -> &'static Map<String, Value> {
        &SCHEMAS[self as usize]
    }

    /// Whether it can be held to the version that was read.
    pub(crate) fn knows_versions(self) -> bool {
        self == Self::Update
    }

    fn success(self) -> StatusCode {
        match self {
            Self::CreateGoal | Self::AddTasks => StatusCode::CREATED,
            _ => StatusCode::OK,
        }
    }

    /// Has the agent carry it out.
    async fn carry_out(
        self,
        agent: &GoalAgent,
        caller: &Caller,
        arguments: Map<String, Value>,
    ) -> Result<Value, Problem> {
        match self {
            Self::CreateGoal => self.told(agent.create_goal(caller, self.read(arguments)?).await),
            Self::AddTasks => self.told(agent.add_tasks(caller, self.read(arguments)?).await),
            Self::Update => self.told(agent.update(caller, self.read(arguments)?).await),
            Self::Claim => self.told(agent.claim(caller, self.read(arguments)?).await),
            Self::Complete => self.told(agent.complete(caller, self.read(arguments)?).await),
            Self::Comment => self.told(agent.comment(caller, self.read(arguments)?).await),
            Self::Undo => self.told(agent.undo(caller, self.read(arguments)?).await),
        }
    }

    /// The request that these arguments mean.
    pub(crate) fn read<T: DeserializeOwned>(self, arguments: Map<String, Value>) -> Result<T, Problem> {
        Ok(arguments::read(self.schema(), arguments)?)
    }

    /// What these arguments mean, written again.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn understood(self, arguments: Map<String, Value>) -> Result<Value, Problem> {
        fn again(request: Result<impl Serialize, Problem>) -> Result<Value, Problem> {
            request.map(|request| serde_json::to_value(request).expect("requests are JSON"))
        }
        match self {
            Self::CreateGoal => again(self.read::<request::CreateGoal>(arguments)),
            Self::AddTasks => again(self.read::<request::AddTasks>(arguments)),
            Self::Update => again(self.read::<request::Update>(arguments)),
            Self::Claim => again(self.read::<request::Claim>(arguments)),
            Self::Complete => again(self.read::<request::Complete>(arguments)),
            Self::Comment => again(self.read::<request::AddComment>(arguments)),
            Self::Undo => again(self.read::<request::Undo>(arguments)),
        }
    }

    fn told(self, reply: Result<impl Serialize, Refusal>) -> Result<Value, Problem> {
        match reply {
            Ok(reply) => Ok(serde_json::to_value(reply).expect("replies have text keys and finite numbers only")),
            Err(refusal) => {
                let mut described = refusal.describe();
                arguments::explain(self.schema(), &mut described);
                Err(described.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_stand_in_the_order_of_the_commands() {
        let known = ["title", "parent", "ids", "ttl", "outcome", "kind", "force"];
        for (command, field) in Command::ALL.into_iter().zip(known) {
            assert!(command.schema()["properties"].get(field).is_some(), "{command:?} takes {field}");
        }
        for command in Command::ALL {
            assert_eq!(Command::named(command.name()).ok(), Some(command));
            assert!(command.schema()["properties"].get("request_id").is_some());
        }
    }
}
