//! The limit of a rebuild: its rows, copied to tables without indexes, which are then made.

use std::time::{Duration, Instant};

use local_stack::Endpoints;
use sqlx::{Connection, Executor, PgConnection};

/// As a rebuild has it: nobody waits for the disk.
const SETTINGS: &str = "SET synchronous_commit = off; SET search_path = public";
/// Every table of a generation with the columns that are stored, and with the statements that make its indexes.
const TABLES: &str = "
    SELECT c.relname::text,
           (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
             WHERE attrelid = c.oid AND attnum > 0 AND attgenerated = '' AND NOT attisdropped),
           (SELECT array_agg(indexdef) FROM pg_indexes WHERE schemaname = 'read' AND tablename = c.relname)
      FROM pg_class c
     WHERE c.relnamespace = 'read'::regnamespace AND c.relkind = 'r' AND c.relname LIKE '%\\_\\_g' || $1
     ORDER BY c.relname";

/// Copies as the owner, who may use files of the server.
pub(super) struct Copied {
    owner: PgConnection,
    /// Where the rows lie meanwhile.
    files: String,
}

/// One turn.
pub(super) struct Limit {
    pub(super) rows: u64,
    pub(super) took: Duration,
}

struct Table {
    name: String,
    columns: String,
    indexes: Vec<String>,
}

impl Copied {
    pub(super) async fn new(endpoints: &Endpoints) -> anyhow::Result<Self> {
        let mut owner = PgConnection::connect(&endpoints.owner_url).await?;
        owner.execute(SETTINGS).await?;
        Ok(Self { owner, files: endpoints.data_dir.join("postgres").display().to_string() })
    }

    /// Copies the tables of a generation; what is made is dropped again.
    pub(super) async fn turn(&mut self, generation: i32) -> anyhow::Result<Limit> {
        let found: Vec<(String, String, Vec<String>)> =
            sqlx::query_as(TABLES).bind(generation.to_string()).fetch_all(&mut self.owner).await?;
        anyhow::ensure!(!found.is_empty(), "generation {generation} has no tables");
        let mut limit = Limit { rows: 0, took: Duration::ZERO };
        for (name, columns, indexes) in found {
            let table = Table { name, columns, indexes };
            self.prepare(&table).await?;
            let begun = Instant::now();
            limit.rows += self.copy(&table).await?;
            limit.took += begun.elapsed();
            self.run(format!("DROP TABLE read.copied_{}", table.name)).await?;
        }
        Ok(limit)
    }

    /// An empty table, and a file with the rows.
    async fn prepare(&mut self, Table { name, columns, .. }: &Table) -> anyhow::Result<()> {
        self.run(format!("COPY read.{name} ({columns}) TO '{}/{name}' (FORMAT binary)", self.files)).await?;
        let like = "INCLUDING GENERATED INCLUDING CONSTRAINTS INCLUDING STORAGE";
        self.run(format!("CREATE TABLE read.copied_{name} (LIKE read.{name} {like})")).await?;
        Ok(())
    }

    /// How many rows there were.
    async fn copy(&mut self, Table { name, columns, indexes }: &Table) -> anyhow::Result<u64> {
        let rows = self
            .run(format!("COPY read.copied_{name} ({columns}) FROM '{}/{name}' (FORMAT binary)", self.files))
            .await?;
        for index in indexes {
            // The names of index and table begin with the table's.
            self.run(index.replace(name, &format!("copied_{name}"))).await?;
        }
        Ok(rows)
    }

    async fn run(&mut self, sql: String) -> anyhow::Result<u64> {
        Ok(self.owner.execute(sql.as_str()).await?.rows_affected())
    }
}
