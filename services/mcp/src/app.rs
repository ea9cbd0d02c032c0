//! The board inside a chat: a page that clients show beside a tool's answer, where they can.
//!
//! By the specification of MCP Apps of 2026-01-26 (SEP-1865). Only a client that says that it can show such pages is told of it: to all
//! others each tool is what it was. The page is the same for everybody and holds no data; the client hands it the answer that it stands
//! beside, and asks tools on its behalf. It comes with the executable, so whichever door stands in front has it itself.

use rmcp::model::{
    CacheScope, ClientCapabilities, ExtensionCapabilities, JsonObject, MetaObject, ReadResourceResult, Resource,
    ResourceContents,
};
use serde_json::{Value, json};

use crate::tools::Tool;

/// Where the board is.
pub(crate) const URI: &str = "ui://goalstream/board";

const EXTENSION: &str = "io.modelcontextprotocol/ui";
const MIME_TYPE: &str = "text/html;profile=mcp-app";

/// How long clients may keep it: it only changes with a new version.
const LIFETIME_MS: u64 = 60 * 60 * 1_000;

/// Whether a client can show it.
pub(crate) fn is_shown_by(client: Option<&ClientCapabilities>) -> bool {
    let settings = client.and_then(|client| client.extensions.as_ref()?.get(EXTENSION));
    let types = settings.and_then(|settings| settings.get("mimeTypes")?.as_array());
    types.is_some_and(|types| types.iter().any(|kind| kind == MIME_TYPE))
}

/// What a door says of itself that has it.
pub(crate) fn capability() -> ExtensionCapabilities {
    ExtensionCapabilities::from([(EXTENSION.to_owned(), JsonObject::new())])
}

/// A tool as it is listed for a client that shows the board. `find` and the tools of daily work stay without: who works calls
/// them again and again, and a board for each would bury the chat.
pub(crate) fn beside(mut tool: rmcp::model::Tool) -> rmcp::model::Tool {
    if [Tool::CreateGoal, Tool::Get, Tool::Plan].iter().any(|shown| shown.name() == tool.name) {
        tool.meta = Some(ui(json!({ "resourceUri": URI })));
    }
    tool
}

/// As it is listed.
pub(crate) fn resource() -> Resource {
    Resource::new(URI, "goal-board")
        .with_title("Board of a goal")
        .with_description("Shows a goal and its tasks beside the answer of a tool")
        .with_mime_type(MIME_TYPE)
        .with_meta(needs())
}

/// The page.
pub(crate) fn read(page: &str) -> ReadResourceResult {
    let contents = ResourceContents::text(page, URI).with_mime_type(MIME_TYPE).with_meta(needs());
    ReadResourceResult::new(vec![contents]).with_ttl_ms(LIFETIME_MS).with_cache_scope(CacheScope::Public)
}

/// It reaches no network and loads nothing: said, so that clients can hold it to that.
fn needs() -> MetaObject {
    ui(json!({ "csp": { "connectDomains": [], "resourceDomains": [] }, "prefersBorder": true }))
}

fn ui(said: Value) -> MetaObject {
    MetaObject(JsonObject::from_iter([("ui".to_owned(), said)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(settings: Value) -> ClientCapabilities {
        serde_json::from_value(json!({ "extensions": { EXTENSION: settings } })).unwrap()
    }

    #[test]
    fn a_client_shows_it_that_names_the_extension_and_the_kind_of_page() {
        assert!(is_shown_by(Some(&client(json!({ "mimeTypes": ["text/uri-list", MIME_TYPE] })))));
        for settings in [json!({}), json!({ "mimeTypes": [] }), json!({ "mimeTypes": MIME_TYPE })] {
            assert!(!is_shown_by(Some(&client(settings.clone()))), "{settings}");
        }
        assert!(!is_shown_by(Some(&ClientCapabilities::default())));
        assert!(!is_shown_by(None));
    }
}
