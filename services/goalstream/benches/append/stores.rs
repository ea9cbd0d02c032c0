//! What is compared.

use std::{sync::Arc, time::Duration};

use cqrs_es::{Aggregate, CqrsFramework, DomainEvent, event_sink::EventSink};
use domain::{
    Goal, GoalCommand, GoalId, Instruction, StreamId, TaskId, goal::vocabulary::Priority, goal::vocabulary::Subject,
};
use event_store::{GoalStore, Log, Outcome, Stack, StoreConfig};
use local_stack::Endpoints;
use postgres_es::{PostgresCqrs, postgres_cqrs};
use serde::{Deserialize, Serialize};
use sqlx::{Connection, Executor, PgConnection, postgres::PgPoolOptions};

use crate::measure::{PAYLOAD_BYTES, command, text};

/// The pool that postgres-es opens by itself, and a generous one.
const POOLS: [u32; 2] = [10, 64];
/// How long a command may wait for a connection of the pool; 256 writers share ten.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// Of the database that postgres-es has to itself.
const YARDSTICK: &str = "yardstick";
/// The table that postgres-es documents.
const YARDSTICK_TABLE: &str = "CREATE TABLE events (
    aggregate_type text NOT NULL, aggregate_id text NOT NULL, sequence bigint NOT NULL CHECK (sequence >= 0),
    event_type text NOT NULL, event_version text NOT NULL, payload json NOT NULL, metadata json NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence))";

/// A way to store one event of [`PAYLOAD_BYTES`].
pub(crate) enum Store {
    /// [`Log::append`]: what every command of Goalstream comes down to.
    Log(Log),
    /// The same log under the framework of cqrs-es: cached load, decision by the rules of `domain`, append.
    Framework(CqrsFramework<Goal, GoalStore>, [String; 2]),
    /// postgres-es under the framework of cqrs-es, with a pool of this size and an aggregate that decides nothing.
    PostgresEs(PostgresCqrs<Note>, u32, String),
}

impl Store {
    /// All that are compared, ours first.
    pub(crate) async fn all(endpoints: &Endpoints) -> anyhow::Result<Vec<Arc<Self>>> {
        event_store::migrate(&endpoints.owner_url).await?;
        let log = Log::connect(StoreConfig::new(&endpoints.database_url)).await?;
        let framework = CqrsFramework::new(GoalStore::new(log.clone()), Vec::new(), ());
        let mut stores = vec![Self::Log(log), Self::Framework(framework, titles()?)];
        let url = yardstick(endpoints).await?;
        for pool_max in POOLS {
            let pool =
                PgPoolOptions::new().max_connections(pool_max).acquire_timeout(ACQUIRE_TIMEOUT).connect(&url).await?;
            let text = text(PAYLOAD_BYTES - payload_bytes(&NoteEvent::Noted { text: String::new() })?);
            stores.push(Self::PostgresEs(postgres_cqrs(pool, Vec::new(), ()), pool_max, text));
        }
        Ok(stores.into_iter().map(Arc::new).collect())
    }

    /// How it is called in tables.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Log(_) => "Goalstream's log".to_owned(),
            Self::Framework(..) => "the same under cqrs-es".to_owned(),
            Self::PostgresEs(_, pool_max, _) => format!("postgres-es, pool {pool_max}"),
        }
    }

    /// Stores one more event in a stream that has `sequence` of them.
    pub(crate) async fn append(&self, stream: u64, sequence: u64) -> anyhow::Result<()> {
        match self {
            Self::Log(log) => {
                let stream = StreamId::from(GoalId(stream));
                let commands = vec![command(TaskId(1), 1)?];
                let outcomes = log.append(Stack { stream, expected_sequence: sequence, commands }).await?;
                anyhow::ensure!(matches!(outcomes[..], [Outcome::Appended(_)]), "not appended: {outcomes:?}");
            }
            Self::Framework(framework, titles) => {
                let goal = GoalId(stream);
                framework.execute(&goal.to_string(), instruction(goal, sequence, titles)).await?;
            }
            Self::PostgresEs(framework, _, text) => {
                framework.execute(&GoalId(stream).to_string(), text.clone()).await?;
            }
        }
        Ok(())
    }
}

/// A database with the table of postgres-es, for the owner, who may do everything.
async fn yardstick(endpoints: &Endpoints) -> anyhow::Result<String> {
    let mut owner = PgConnection::connect(&endpoints.owner_url).await?;
    owner.execute(format!("CREATE DATABASE {YARDSTICK}").as_str()).await?;
    owner.close().await?;
    let url = Endpoints::with_database(&endpoints.owner_url, YARDSTICK);
    let mut owner = PgConnection::connect(&url).await?;
    owner.execute(YARDSTICK_TABLE).await?;
    owner.close().await?;
    Ok(url)
}

/// A new goal gets a title, and then another again and again.
fn instruction(goal: GoalId, sequence: u64, titles: &[String; 2]) -> Instruction {
    let title = titles[usize::from(sequence % 2 == 1)].as_str().into();
    let command = if sequence == 0 {
        let (priority, tags, metadata) = (Priority::default(), Default::default(), Default::default());
        GoalCommand::CreateGoal {
            goal,
            title,
            description: None,
            priority,
            tags,
            due: None,
            metadata,
            tasks: Vec::new(),
        }
    } else {
        GoalCommand::Retitle { subject: Subject::Goal(goal), title }
    };
    Instruction { at: chrono::Utc::now(), expect: Vec::new(), commands: vec![command], noted: false }
}

/// Two titles with which a retitling has the payload's size.
fn titles() -> anyhow::Result<[String; 2]> {
    let empty = domain::GoalEvent::GoalRetitled { from: "".into(), to: "".into() };
    let bytes = (PAYLOAD_BYTES - payload_bytes(&empty)?) / 2;
    Ok([text(bytes), text(bytes)])
}

fn payload_bytes(event: &impl Serialize) -> serde_json::Result<usize> {
    Ok(serde_json::to_string(event)?.len())
}

/// The least that cqrs-es can have: it takes a note of whatever it is told.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Note {
    text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum NoteEvent {
    Noted { text: String },
}

impl DomainEvent for NoteEvent {
    fn event_type(&self) -> String {
        "noted".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Note {
    const TYPE: &'static str = "note";
    type Command = String;
    type Event = NoteEvent;
    type Error = std::convert::Infallible;
    type Services = ();

    async fn handle(&mut self, text: String, (): &(), sink: &EventSink<Self>) -> Result<(), Self::Error> {
        sink.write(NoteEvent::Noted { text }, self).await;
        Ok(())
    }

    fn apply(&mut self, NoteEvent::Noted { text }: NoteEvent) {
        self.text = text;
    }
}
