//! What programs ask and do: JSON over plain addresses, `/api/v1`.
//!
//! Every address is a row of [`routes`], with what it takes and what it answers, also those of the page and the streams; the router is made
//! of them, and so is the description at `/openapi.json`. What is changed is changed by the commands that the tools carry out, through the same agent.
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
pub(crate) mod named;

mod docs;
pub(crate) mod openapi;

pub(crate) mod vitals;

use axum::{Router, extract::Query, http::header};

use self::route::{Passage, Route};
use crate::{Dashboard, assets, audit, live, page, watch};

/// Whatever is read is the truth of this moment.
pub(crate) const FRESH: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-cache");

/// What stands in the query of an address.
pub(crate) type Given = Query<Vec<(String, String)>>;

/// Every address there is.
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
        live::routes(),
        watch::routes(),
        vitals::routes(),
        page::routes(),
        assets::routes(),
        docs::routes(),
        openapi::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How the process is.
pub(crate) fn vitals() -> Vec<Route> {
    vitals::routes()
}

/// Those of these routes that pass in the same way, served.
pub(crate) fn served(routes: Vec<Route>, passage: Passage) -> Router<Dashboard> {
    let rows = routes.into_iter().filter(|route| route.passage == passage);
    rows.fold(Router::new(), |router, route| router.route(route.path, route.handler))
}
