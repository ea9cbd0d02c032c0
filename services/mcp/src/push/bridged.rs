//! From the running instance to the listeners of a stdio door: the door listens there for all of them together.
//!
//! It listens anew whenever they watch something else, and whenever the connection was lost; what happened in between is not known, so they
//! are told that everything changed.

use std::time::Duration;

use rmcp::model::{Implementation, SubscriptionFilter};
use serde::Deserialize;
use tokio::time::sleep;

use super::{Change, Push};
use crate::{
    behind::Behind,
    bridge::{Bridge, Events},
    door::Door,
};

/// How long to wait before listening anew to an instance that went away.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// Clients often watch several addresses one after the other.
const SETTLING: Duration = Duration::from_millis(20);

/// What an instance tells.
#[derive(Deserialize)]
#[serde(tag = "method")]
enum Told {
    #[serde(rename = "notifications/subscriptions/acknowledged")]
    Acknowledged,
    #[serde(rename = "notifications/resources/updated")]
    Updated { params: Updated },
    #[serde(rename = "notifications/resources/list_changed")]
    ListChanged,
}

#[derive(Deserialize)]
struct Updated {
    uri: String,
}

/// Listens for as long as it is polled; while nobody is listening here, not at all.
pub(crate) async fn follow(door: &Door) {
    loop {
        let mut listeners = door.push().watched.listeners.subscribe();
        if listeners.wait_for(|listeners| *listeners > 0).await.is_err() {
            return;
        }
        let Behind::Daemon(bridge) = door.behind().await else {
            sleep(RETRY_DELAY).await;
            continue;
        };
        sleep(SETTLING).await;
        listeners.borrow_and_update();
        tokio::select! {
            () = listen(&bridge, door.push()) => sleep(RETRY_DELAY).await,
            _ = listeners.changed() => {}
        }
    }
}

/// Until the connection is lost.
async fn listen(bridge: &Bridge, push: &Push) {
    let filter =
        SubscriptionFilter::builder().resources_list_changed().resource_subscriptions(push.addresses()).build();
    let us = Implementation::new("goalstream-mcp", env!("CARGO_PKG_VERSION"));
    let mut events: Events = match bridge.listen(&filter, us).await {
        Ok(events) => events,
        Err(reason) => return tracing::debug!(reason, "the instance does not tell of changes"),
    };
    loop {
        let event = match events.next().await {
            Ok(event) => event,
            Err(reason) => return tracing::debug!(reason, "the instance tells of changes no longer"),
        };
        match serde_json::from_str(&event) {
            Ok(Told::Acknowledged) => push.tell(Change::Everything),
            Ok(Told::Updated { params }) => push.tell(Change::Of { addresses: [params.uri].into(), list: false }),
            Ok(Told::ListChanged) => push.tell(Change::Of { addresses: [].into(), list: true }),
            // Nothing that we asked for.
            Err(_) => {}
        }
    }
}
