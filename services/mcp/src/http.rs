//! The door over Streamable HTTP.
//!
//! Requests of the newer era are served one by one; older ones get a session, because without one their subscriptions would be accepted
//! and never served. Pages of other origins are kept out by `Origin`, and names that were rebound to this machine by `Host`.

use std::{sync::Arc, time::Duration};

use axum::Router;
use rmcp::transport::{
    StreamableHttpServerConfig, StreamableHttpService,
    streamable_http_server::session::local::{LocalSessionManager, SessionConfig},
};

use crate::{Door, stdio::MESSAGE_BYTES_MAX};

/// Where the door is.
pub const PATH: &str = "/mcp";

/// How long a session of the older era lives without a request. Some clients do not come back from a lost one.
const SESSION_IDLE_MAX: Duration = Duration::from_secs(4 * 60 * 60);

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
        let mut sessions = LocalSessionManager::default();
        let mut session = SessionConfig::default();
        session.keep_alive = Some(SESSION_IDLE_MAX);
        sessions.session_config = session;
        let door = self.clone();
        let service = StreamableHttpService::new(move || Ok(door.handler()), Arc::new(sessions), transport);
        Router::new().route_service(PATH, service)
    }
}
