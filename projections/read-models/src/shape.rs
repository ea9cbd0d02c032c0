//! What the tables of versions look like.
//!
//! Each is two: the rows that hold now, and beside them those that held before. The first stays as small as what it is about, and a new version
//! changes its row in place; the second only grows.

/// A table's columns and indexes.
pub(crate) struct Shape {
    /// The name without schema and generation.
    pub(crate) table: &'static str,
    /// What stays the same from version to version.
    pub(crate) keys: &'static [Column],
    /// Every other column that a fold fills.
    pub(crate) others: &'static [Column],
    /// Columns that Postgres fills.
    pub(crate) derived: &'static [Derived],
    /// Indexes of the rows that hold, beside the key's.
    pub(crate) live_indexes: &'static [&'static str],
    /// Indexes of the rows that held, beside the one of key and `from_position`.
    pub(crate) past_indexes: &'static [&'static str],
}

/// A column that a fold fills.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) sql: &'static str,
    pub(crate) required: bool,
}

/// A column that follows from others of its row.
pub(crate) struct Derived {
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) sql: &'static str,
    /// How it follows. Reckoned once: a row that held before keeps what it had.
    pub(crate) expression: &'static str,
}

/// The last two columns of every table: the range `[from_position, to_position)` in which the row held.
const RANGE: [Column; 2] = [
    Column { name: "from_position", sql: "bigint", required: true },
    Column { name: "to_position", sql: "bigint", required: false },
];

/// Of a page of live rows, in percent, before new rows go elsewhere: the rest is for the next versions of those that are there.
const LIVE_FILL_PERCENT: u32 = 70;

impl Shape {
    /// The rows that hold now.
    pub(crate) fn live(&self, generation: i32) -> String {
        format!("read.{}__g{generation}", self.table)
    }

    /// The rows that held before.
    pub(crate) fn past(&self, generation: i32) -> String {
        format!("read.{}_past__g{generation}", self.table)
    }

    /// All of them, to be read like a table.
    pub(crate) fn versions(&self, generation: i32) -> String {
        let columns: Vec<&str> = self.names().chain(self.derived.iter().map(|derived| derived.name)).collect();
        let (columns, live, past) = (columns.join(", "), self.live(generation), self.past(generation));
        format!("(SELECT {columns} FROM {live} UNION ALL SELECT {columns} FROM {past})")
    }

    /// Every column that a fold fills, in the order of binding and copying.
    pub(crate) fn stored(&self) -> impl Iterator<Item = &Column> {
        self.keys.iter().chain(self.others).chain(&RANGE)
    }

    /// Their names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.stored().map(|column| column.name)
    }

    /// Their names, with commas.
    pub(crate) fn columns(&self) -> String {
        self.names().collect::<Vec<_>>().join(", ")
    }

    /// The key's names, with commas.
    pub(crate) fn key(&self) -> String {
        self.key_names().collect::<Vec<_>>().join(", ")
    }

    /// The names of the key's columns.
    pub(crate) fn key_names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name)
    }

    /// That two rows are of one key.
    pub(crate) fn same_key(&self, one: &str, other: &str) -> String {
        let same: Vec<String> = self.keys.iter().map(|key| format!("{one}.{0} = {other}.{0}", key.name)).collect();
        same.join(" AND ")
    }

    /// The statements that make both tables, without any index.
    pub(crate) fn definitions(&self, generation: i32) -> [String; 2] {
        let required = |column: &Column| if column.required { " NOT NULL" } else { "" };
        let stored = self.stored().map(|column| format!("{} {}{}", column.name, column.sql, required(column)));
        let (mut live, mut past): (Vec<String>, Vec<String>) = stored.map(|column| (column.clone(), column)).unzip();
        for Derived { name, sql, expression } in self.derived {
            live.push(format!("{name} {sql} GENERATED ALWAYS AS ({expression}) STORED"));
            past.push(format!("{name} {sql}"));
        }
        [
            format!(
                "CREATE TABLE {} ({}) WITH (fillfactor = {LIVE_FILL_PERCENT})",
                self.live(generation),
                live.join(", ")
            ),
            format!("CREATE TABLE {} ({})", self.past(generation), past.join(", ")),
        ]
    }

    /// The statement that makes the index by which live rows are found and replaced.
    pub(crate) fn live_key(&self, generation: i32) -> String {
        format!("ALTER TABLE {} ADD PRIMARY KEY ({})", self.live(generation), self.key())
    }

    /// The statements that make the other indexes.
    pub(crate) fn indexes(&self, generation: i32) -> Vec<String> {
        let (live, past) = (self.live(generation), self.past(generation));
        let mut indexes = vec![format!("ALTER TABLE {past} ADD PRIMARY KEY ({}, from_position)", self.key())];
        indexes.extend(self.live_indexes.iter().map(|index| format!("CREATE INDEX ON {live} {index}")));
        indexes.extend(self.past_indexes.iter().map(|index| format!("CREATE INDEX ON {past} {index}")));
        indexes
    }
}
