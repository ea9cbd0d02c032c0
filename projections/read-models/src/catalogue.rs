//! `read.views`: which tables are live, how far they are, and of which log.
//!
//! Order: whoever makes or replaces tables holds [`lock_catalogue`]; whoever moves checkpoints locks the rows by name.

use std::collections::BTreeMap;

use sqlx::{PgConnection, PgExecutor, Row};
use uuid::Uuid;

use crate::{
    answered::answered,
    fold::{signed, unsigned},
    ranged::Version,
    shape::Shape,
    views::{
        VIEWS, claims::ClaimVersion, comments::CommentVersion, dependencies::DependencyVersion, goals::GoalVersion,
        positions::PositionVersion, search, search::SearchVersion, tags::TagVersion, tasks::AwaitedVersion,
        tasks::ProgressVersion, tasks::TaskVersion, vocabulary::VocabularyVersion,
    },
    writing::{Writing, in_rows},
};

/// Raised whenever a table's columns change: tables of an older shape are remade when the program starts.
pub(crate) const SHAPE: i32 = 4;

/// The advisory lock of the catalogue: the bytes of `gsviews`.
const CATALOGUE_LOCK: i64 = 0x67_73_76_69_65_77_73;

/// The generation that is live, by view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Generations(pub(crate) BTreeMap<String, i32>);

impl Generations {
    /// The generation of a view; 0, which no table has, when there is none.
    pub(crate) fn of(&self, view: &str) -> i32 {
        self.0.get(view).copied().unwrap_or(0)
    }

    /// Every new generation is higher than all before, so this grows with every swap of any view.
    pub(crate) fn newest(&self) -> i32 {
        self.0.values().copied().max().unwrap_or(0)
    }
}

/// The live views as the catalogue has them.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) generations: Generations,
    pub(crate) checkpoint: u64,
    pub(crate) epoch: Uuid,
    /// Whether the tables are exactly those that this program knows. Others can be read, but what it wrote to them would have holes.
    pub(crate) is_ours: bool,
}

/// One line of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ViewState {
    /// The view.
    pub name: String,
    /// The generation of its tables.
    pub generation: i32,
    /// `live`, `building` or `retired`.
    pub state: String,
    /// The last position it holds.
    pub checkpoint: i64,
}

/// One table of a view.
pub(crate) struct TableOfView {
    pub(crate) view: &'static str,
    pub(crate) shape: &'static Shape,
}

const fn of<V: Version>(view: &'static str) -> TableOfView {
    TableOfView { view, shape: V::SHAPE }
}

/// Every table there is.
pub(crate) const TABLES: &[TableOfView] = &[
    of::<GoalVersion>("goals"),
    of::<TaskVersion>("tasks"),
    of::<ProgressVersion>("tasks"),
    of::<AwaitedVersion>("tasks"),
    of::<TagVersion>("tags"),
    of::<DependencyVersion>("dependencies"),
    of::<ClaimVersion>("claims"),
    of::<CommentVersion>("comments"),
    of::<SearchVersion>("search"),
    of::<VocabularyVersion>("search"),
    of::<PositionVersion>("positions"),
];

pub(crate) fn tables_of(view: &str) -> impl Iterator<Item = &'static TableOfView> {
    TABLES.iter().filter(move |table| table.view == view)
}

/// Until the end of the transaction.
pub(crate) async fn lock_catalogue(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(CATALOGUE_LOCK).execute(connection).await.map(|_| ())
}

/// Makes the catalogue and the first generation when they are missing. Views of another log, or of an older shape, begin anew.
pub(crate) async fn prepare(connection: &mut PgConnection, epoch: Uuid) -> sqlx::Result<()> {
    lock_catalogue(connection).await?;
    let exists: bool =
        sqlx::query_scalar("SELECT to_regclass('read.views') IS NOT NULL").fetch_one(&mut *connection).await?;
    if !exists {
        let definition = "CREATE TABLE read.views (
            name text NOT NULL, generation int NOT NULL, state text NOT NULL CHECK (state IN ('live', 'building', 'retired')),
            checkpoint bigint NOT NULL DEFAULT 0, epoch uuid NOT NULL, shape int NOT NULL, retired_at timestamptz,
            PRIMARY KEY (name, generation)) WITH (fillfactor = 10);
            CREATE UNIQUE INDEX views_live ON read.views (name) WHERE state = 'live'";
        sqlx::raw_sql(definition).execute(&mut *connection).await?;
    }
    let sql =
        "SELECT EXISTS (SELECT FROM pg_ts_config WHERE cfgname = 'words' AND cfgnamespace = 'read'::regnamespace)";
    if !sqlx::query_scalar(sql).fetch_one(&mut *connection).await? {
        sqlx::raw_sql(search::CONFIGURATION).execute(&mut *connection).await?;
    }
    let sql = "SELECT count(*) FROM read.views WHERE state = 'live' AND epoch = $1 AND shape >= $2 AND name = ANY($3)";
    let usable: i64 = sqlx::query_scalar(sql).bind(epoch).bind(SHAPE).bind(VIEWS).fetch_one(&mut *connection).await?;
    if usable == VIEWS.len() as i64 {
        return Ok(());
    }
    let generation = create_generation(connection, VIEWS, epoch).await?;
    create_indexes(connection, VIEWS, generation).await?;
    swap(connection, VIEWS, generation).await
}

/// Makes empty tables without indexes for these views, beside the live ones.
pub(crate) async fn create_generation(connection: &mut PgConnection, views: &[&str], epoch: Uuid) -> sqlx::Result<i32> {
    let sql = "SELECT coalesce(max(generation), 0) + 1 FROM read.views";
    let generation: i32 = sqlx::query_scalar(sql).fetch_one(&mut *connection).await?;
    let statements: Vec<String> =
        views.iter().flat_map(|view| tables_of(view)).flat_map(|table| table.shape.definitions(generation)).collect();
    sqlx::raw_sql(&statements.join(";\n")).execute(&mut *connection).await?;
    let sql = "INSERT INTO read.views (name, generation, state, epoch, shape)
               SELECT name, $2, 'building', $3, $4 FROM unnest($1::text[]) AS name";
    sqlx::query(sql).bind(views).bind(generation).bind(epoch).bind(SHAPE).execute(connection).await?;
    Ok(generation)
}

/// Makes all indexes of these views.
pub(crate) async fn create_indexes(connection: &mut PgConnection, views: &[&str], generation: i32) -> sqlx::Result<()> {
    let of_table =
        |table: &TableOfView| [vec![table.shape.live_key(generation)], table.shape.indexes(generation)].concat();
    let statements: Vec<String> = views.iter().flat_map(|view| tables_of(view)).flat_map(of_table).collect();
    sqlx::raw_sql(&statements.join(";\n")).execute(connection).await.map(|_| ())
}

/// Makes the tables of this generation the live ones.
pub(crate) async fn swap(connection: &mut PgConnection, views: &[&str], generation: i32) -> sqlx::Result<()> {
    let retire = "UPDATE read.views SET state = 'retired', retired_at = clock_timestamp() WHERE state = 'live' AND name = ANY($1)";
    sqlx::query(retire).bind(views).execute(&mut *connection).await?;
    let raise = "UPDATE read.views SET state = 'live' WHERE generation = $2 AND name = ANY($1)";
    sqlx::query(raise).bind(views).bind(generation).execute(connection).await.map(|_| ())
}

/// Drops tables and forgets them.
pub(crate) async fn drop_tables(connection: &mut PgConnection, view: &str, generation: i32) -> sqlx::Result<()> {
    for each in tables_of(view) {
        let sql = format!("DROP TABLE IF EXISTS {}, {}", each.shape.live(generation), each.shape.past(generation));
        sqlx::query(&sql).execute(&mut *connection).await?;
    }
    let sql = "DELETE FROM read.views WHERE name = $1 AND generation = $2";
    sqlx::query(sql).bind(view).bind(generation).execute(connection).await.map(|_| ())
}

/// The live views; `None` when they are incomplete or do not stand at one position.
pub(crate) async fn live(database: impl PgExecutor<'_>) -> sqlx::Result<Option<Live>> {
    let sql = "SELECT name, generation, checkpoint, epoch, shape FROM read.views WHERE state = 'live'";
    let rows = answered(sqlx::query(sql).fetch_all(database)).await?;
    let mut live: Option<Live> = None;
    for row in &rows {
        let checkpoint = unsigned(row.try_get("checkpoint")?);
        let (generations, epoch) = (Generations::default(), row.try_get("epoch")?);
        let one = live.get_or_insert(Live { generations, checkpoint, epoch, is_ours: true });
        if one.checkpoint != checkpoint {
            return Ok(None);
        }
        let name: String = row.try_get("name")?;
        one.is_ours &= row.try_get::<i32, _>("shape")? == SHAPE && VIEWS.contains(&name.as_str());
        one.generations.0.insert(name, row.try_get("generation")?);
    }
    Ok(live.filter(|live| VIEWS.iter().all(|view| live.generations.0.contains_key(*view))))
}

/// Moves all live views from one position to another, in the statement that writes what happened between: the fence that lets one
/// projector win. When they are not at `from`, or their tables are not these, nothing is written at all.
pub(crate) fn move_live(writing: &mut Writing, from: u64, to: u64, generations: &Generations) -> sqlx::Result<()> {
    let (names, numbers): (Vec<String>, Vec<i32>) = generations.0.clone().into_iter().unzip();
    let views = names.len();
    let (from, to) = (writing.value(signed(from), "bigint")?, writing.value(signed(to), "bigint")?);
    let known = [writing.bind(names, "text")?, writing.bind(numbers, "int")?];
    let known = in_rows(&known, ["name", "generation"].into_iter());
    // Locked by name, so that two projectors cannot wait for each other's rows; the second then finds the checkpoint moved.
    let due = format!(
        "due AS (SELECT name, generation FROM read.views WHERE state = 'live' AND checkpoint = {from} ORDER BY name FOR UPDATE)"
    );
    let moved = format!(
        "moved AS (UPDATE read.views v SET checkpoint = {to} FROM due
          WHERE v.name = due.name AND v.generation = due.generation AND {views} =
                (SELECT count(*) FROM due JOIN {known} known USING (name, generation)) AND {views} = (SELECT count(*) FROM due)
          RETURNING v.name)"
    );
    writing.provided([due, moved], "(SELECT count(*) FROM moved) > 0");
    Ok(())
}
