//! The door over Streamable HTTP.
//!
//! Requests of the newer era are served one by one; older ones get a [session](crate::sessions), because without one their subscriptions would be accepted
//! and never served. Pages of other origins are kept out by `Origin`, and names that were rebound to this machine by `Host`.

use std::sync::Arc;

use axum::Router;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};

use crate::{Door, sessions::Sessions, stdio::MESSAGE_BYTES_MAX};

/// Where the door is.
pub const PATH: &str = "/mcp";

const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

const LOOPBACK_ORIGINS: [&str; 6] = [
    "http://localhost:*",
    "http://127.0.0.1:*",
    "http://[::1]:*",
    "https://localhost:*",
    "https://127.0.0.1:*",
    "https://[::1]:*",
];

impl Door {
    /// The route [`PATH`], to be merged into the process's router. Serve that with
    /// `into_make_service_with_connect_info::<SocketAddr>()`: without the peer's address no stdio door is believed.
    pub fn http_service(&self) -> Router {
        let config = self.config();
        let hosts = LOOPBACK_HOSTS.into_iter().chain(config.allowed_hosts.iter().map(String::as_str));
        let origins = LOOPBACK_ORIGINS.into_iter().chain(config.allowed_origins.iter().map(String::as_str));
        let transport = StreamableHttpServerConfig::default()
            .with_json_response(true)
            .with_allowed_hosts(hosts)
            .with_allowed_origins(origins)
            .enforce_origin_validation()
            .with_max_request_body_bytes(MESSAGE_BYTES_MAX)
            .with_cancellation_token(config.shutdown.clone());
        let door = self.clone();
        let service = StreamableHttpService::new(
            move || Ok(door.handler()),
            Arc::new(Sessions::new(config.sessions_max)),
            transport,
        );
        Router::new().route_service(PATH, service)
    }
}
