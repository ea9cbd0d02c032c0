//! `GET /`: the built page with the first rows and the snapshot in it, so that there is something to read before any script runs.

use std::{sync::LazyLock, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{Html, IntoResponse},
};
use goal_agent::{GoalsPage, reply};
use tokio::time::timeout;

use crate::{
    Dashboard, assets, first_rows,
    rest::{self, route::Route},
};

/// Goals that are in the page from the start.
const FIRST_ROWS: u32 = 25;
/// How long the page waits for them. Better an empty page that says why than none.
const FIRST_ROWS_TIMEOUT: Duration = Duration::from_secs(1);
const ROWS_MARK: &str = "<!--first-rows-->";
const SNAPSHOT_MARK: &str = "<!--snapshot-->";
/// The page when it was not built. Plain on purpose.
const NOT_BUILT: &str = include_str!("not_built.html");

/// The page around its marks.
struct Shell {
    before_rows: String,
    before_snapshot: String,
    rest: String,
}

static SHELL: LazyLock<Shell> = LazyLock::new(|| Shell::cut(&assets::index().unwrap_or_else(|| NOT_BUILT.to_owned())));

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/", "Shows the page.", page).answers_as("text/html").tagged("page")]
}

/// It comes without rows when they cannot be read, and then asks for them itself.
async fn page(dashboard: State<Dashboard>, headers: HeaderMap) -> impl IntoResponse {
    let goals = first_goals(&dashboard, &headers).await;
    ([(header::CACHE_CONTROL, "no-cache")], Html(SHELL.fill(goals.as_ref())))
}

async fn first_goals(dashboard: &Dashboard, headers: &HeaderMap) -> Option<reply::Goals> {
    let page = GoalsPage { limit: Some(FIRST_ROWS), ..GoalsPage::default() };
    let caller = rest::caller::caller(headers).unwrap_or_else(|_| rest::caller::nobody_in_particular());
    match timeout(FIRST_ROWS_TIMEOUT, dashboard.agent.goals(&caller, page)).await {
        Ok(Ok(goals)) => return Some(goals),
        Ok(Err(refusal)) => tracing::warn!(%refusal, "the page goes out without its first rows"),
        Err(_) => tracing::warn!("the page goes out without its first rows: they did not come in time"),
    }
    None
}

impl Shell {
    /// A page without marks is shown as it is.
    fn cut(page: &str) -> Self {
        let (before_rows, after_rows) = page.split_once(ROWS_MARK).unwrap_or((page, ""));
        let (before_snapshot, rest) = after_rows.split_once(SNAPSHOT_MARK).unwrap_or((after_rows, ""));
        let [before_rows, before_snapshot, rest] = [before_rows, before_snapshot, rest].map(str::to_owned);
        Self { before_rows, before_snapshot, rest }
    }

    fn fill(&self, goals: Option<&reply::Goals>) -> String {
        let rows = goals.map(|goals| first_rows::render(&goals.goals).into_string()).unwrap_or_default();
        let snapshot = goals.and_then(snapshot).unwrap_or_default();
        [&*self.before_rows, &rows, &self.before_snapshot, &snapshot, &self.rest].concat()
    }
}

/// The same JSON as `GET /api/v1/goals`, as data in the page. Without a `<` nothing in it can end the script tag.
fn snapshot(goals: &reply::Goals) -> Option<String> {
    let json = serde_json::to_string(goals).ok()?.replace('<', "\\u003c");
    Some(format!(r#"<script type="application/json" id="snapshot">{json}</script>"#))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_built_has_both_marks() {
        for page in [Some(NOT_BUILT.to_owned()), assets::index()].into_iter().flatten() {
            assert!(page.contains("Goalstream"));
            assert_eq!(
                Shell::cut(&page).fill(None).len(),
                page.replace(ROWS_MARK, "").replace(SNAPSHOT_MARK, "").len()
            );
        }
        assert!(NOT_BUILT.contains(ROWS_MARK));
    }
}
