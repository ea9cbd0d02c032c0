//! Which Postgres.

use clap::Args;
use serde::Deserialize;

const POOL_MIN: u32 = 5;
const POOL_MAX: u32 = 20;
/// A rebuild reads the log while it writes, and who asks meanwhile must not wait for its end.
const POOL_MAX_MIN: u32 = 3;

#[derive(Args, Debug, Default, Deserialize)]
#[group(skip)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Said {
    /// Your Postgres, as the role that works; without it a private one is started.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// The same database as the role that owns the schema; the working role when it is the same.
    #[arg(long, global = true, env = "GOALSTREAM_OWNER_URL", hide_env_values = true, value_name = "URL")]
    owner_url: Option<String>,
    /// Connections for reads that are kept open (5).
    #[arg(long, global = true, env = "GOALSTREAM_POOL_MIN", value_name = "N")]
    pool_min: Option<u32>,
    /// Connections for reads at most (20).
    #[arg(long, global = true, env = "GOALSTREAM_POOL_MAX", value_name = "N")]
    pool_max: Option<u32>,
    // The parts of an address, under names that other set-ups use.
    #[arg(long, global = true, env = "DB_HOST", hide = true)]
    db_host: Option<String>,
    #[arg(long, global = true, env = "DB_PORT", hide = true)]
    db_port: Option<u16>,
    #[arg(long, global = true, env = "DB_NAME", hide = true)]
    db_name: Option<String>,
    #[arg(long, global = true, env = "DB_USER", hide = true)]
    db_user: Option<String>,
    #[arg(long, global = true, env = "DB_PASSWORD", hide = true, hide_env_values = true)]
    db_password: Option<String>,
}

/// Which Postgres, and how many connections to it.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    /// `DATABASE_URL`, or made of `DB_HOST`, `DB_PORT`, `DB_NAME`, `DB_USER` and `DB_PASSWORD`; `None` means a private one.
    pub(crate) url: Option<String>,
    /// `GOALSTREAM_OWNER_URL`; `None` means the same role.
    pub(crate) owner_url: Option<String>,
    /// `GOALSTREAM_POOL_MIN`.
    pub(crate) pool_min: u32,
    /// `GOALSTREAM_POOL_MAX`.
    pub(crate) pool_max: u32,
}

impl Said {
    pub(super) fn resolve(self, file: Self) -> anyhow::Result<Database> {
        let parts = self.url_of_parts().or_else(|| file.url_of_parts());
        let pool_max = self.pool_max.or(file.pool_max).unwrap_or(POOL_MAX);
        let pool_min = self.pool_min.or(file.pool_min).unwrap_or(pool_max.min(POOL_MIN));
        anyhow::ensure!(
            pool_min >= 1 && pool_min <= pool_max && pool_max >= POOL_MAX_MIN,
            "pool-min is {pool_min} and pool-max is {pool_max}; give at least 1 and at most pool-max, and that at least {POOL_MAX_MIN}"
        );
        Ok(Database {
            url: self.database_url.or(file.database_url).or(parts),
            owner_url: self.owner_url.or(file.owner_url),
            pool_min,
            pool_max,
        })
    }

    fn url_of_parts(&self) -> Option<String> {
        let host = self.db_host.as_deref()?;
        let user = self.db_user.as_deref().unwrap_or("goalstream");
        let password =
            self.db_password.as_deref().map(|password| format!(":{}", escaped(password))).unwrap_or_default();
        let (port, name) = (self.db_port.unwrap_or(5432), self.db_name.as_deref().unwrap_or("goalstream"));
        Some(format!("postgres://{}{password}@{host}:{port}/{}", escaped(user), escaped(name)))
    }
}

/// Percent-encodes what may not stand in a part of an address.
fn escaped(part: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    part.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_made_of_its_parts() {
        let said = Said {
            db_host: Some("db.example".into()),
            db_user: Some("ann".into()),
            db_password: Some("p@ss/word".into()),
            ..Said::default()
        };
        let url = said.resolve(Said::default()).unwrap().url;
        assert_eq!(url.as_deref(), Some("postgres://ann:p%40ss%2Fword@db.example:5432/goalstream"));
    }

    #[test]
    fn an_address_wins_over_its_parts_and_a_flag_over_the_file() {
        let said =
            Said { db_host: Some("parts".into()), database_url: Some("postgres://flag/x".into()), ..Said::default() };
        let file = Said { database_url: Some("postgres://file/x".into()), ..Said::default() };
        assert_eq!(said.resolve(file).unwrap().url.as_deref(), Some("postgres://flag/x"));
    }
}
