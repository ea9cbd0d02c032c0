//! What programs ask and do: JSON over plain addresses, `/api/v1`.
//!
//! Every address is a row of [`routes`], with what it takes and what it answers; the router is made of them, and so is the description
//! at `/openapi.json`. What is changed is changed by the commands that the tools carry out, through the same agent.
//!
//! Read in this order: [`route`], `goals`, `tasks`, then `commands` and `addresses`.

pub(crate) mod route;

mod flow;
pub(crate) mod goals;
mod lines;
mod search;
pub(crate) mod tasks;

mod etag;
mod fields;

mod installation;
mod places;
mod servers;

pub(crate) mod addresses;
pub(crate) mod commands;

pub(crate) mod body;
pub(crate) mod caller;
mod conditions;

mod docs;
pub(crate) mod openapi;

pub(crate) mod vitals;

use axum::{
    Router,
    extract::Query,
    http::header,
    routing::{get, post},
};

use self::route::Route;
use crate::{Dashboard, audit};

/// Whatever is read is the truth of this moment.
pub(crate) const FRESH: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-cache");

/// What stands in the query of an address.
pub(crate) type Given = Query<Vec<(String, String)>>;

/// Every address of the interface.
pub(crate) fn routes() -> Vec<Route> {
    [
        goals::routes(),
        tasks::routes(),
        flow::routes(),
        audit::routes(),
        places::routes(),
        servers::routes(),
        installation::routes(),
        addresses::routes(),
        commands::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// All of them, served.
pub(crate) fn router() -> Router<Dashboard> {
    let router = Router::new()
        .route("/openapi.json", get(openapi::openapi))
        .route("/docs", get(docs::docs))
        .route("/docs.css", get(docs::style))
        .route("/api/v1/commands/{name}", post(commands::no_such_command));
    routes().into_iter().fold(router, |router, route| router.route(route.path, route.handler))
}
