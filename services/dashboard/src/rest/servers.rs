//! What this installation is made of, and how each part is.

use axum::{Json, extract::State, response::IntoResponse};
use domain::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{FRESH, route::Route};
use crate::{
    Dashboard,
    health::{Checked, Status},
};

/// All of them.
#[derive(Serialize, JsonSchema)]
struct Servers {
    /// In the order in which `/health` tells them.
    servers: Vec<Server>,
}

/// One of them.
#[derive(Serialize, JsonSchema)]
struct Server {
    /// database, bus, relay, views, ...
    name: &'static str,
    /// needed: nothing works without it; spare: it can be away for a while.
    role: &'static str,
    /// How it is.
    status: Status,
    /// In a sentence, when there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Since when it is so, as far as this process knows.
    since: Timestamp,
    /// Numbers, by name with the unit last.
    #[serde(skip_serializing_if = "Map::is_empty")]
    values: Map<String, Value>,
}

pub(crate) fn routes() -> Vec<Route> {
    let at = |path| Route::get(path, "Tells how each part of this installation is.", servers).answers::<Servers>();
    vec![at("/api/v1/servers"), at("/api/servers")]
}

async fn servers(dashboard: State<Dashboard>) -> impl IntoResponse {
    let report = dashboard.health.report().await;
    ([FRESH], Json(Servers { servers: report.checks.into_iter().map(server).collect() }))
}

fn server(checked: Checked) -> Server {
    let role = if checked.needed { "needed" } else { "spare" };
    let finding = checked.finding;
    Server {
        name: checked.name,
        role,
        status: finding.status,
        detail: finding.message,
        since: checked.since,
        values: finding.values,
    }
}
