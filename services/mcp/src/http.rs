//! The door over Streamable HTTP.
//!
//! Requests of the newer era are served one by one; older ones get a [session](crate::sessions), because without one their subscriptions would be accepted
//! and never served. Pages of other origins are kept out by `Origin`, and names that were rebound to this machine by `Host`.

use std::sync::Arc;

use axum::Router;
use rmcp::{
    ServerHandler,
    transport::{StreamableHttpServerConfig, StreamableHttpService},
};

use crate::{Door, handler::Handler, profile::Profile, sessions::Sessions, stdio::MESSAGE_BYTES_MAX};

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
    /// The route [`PATH`], and one below it for each other profile, to be merged into the process's router. Serve that with
    /// `into_make_service_with_connect_info::<SocketAddr>()`: without the peer's address no stdio door is believed.
    pub fn http_service(&self) -> Router {
        let routes = Profile::ALL.map(|profile| (profile.path(), self.service(profile, std::convert::identity)));
        let add = |router: Router, (path, service)| router.route_service(path, service);
        let router = routes.into_iter().fold(Router::new(), add);
        #[cfg(feature = "fixtures")]
        let router = router
            .route_service(crate::fixtures::PATH, self.service(Profile::default(), crate::fixtures::Fixtures::around));
        router
    }

    /// The same bounds and checks for whatever answers.
    fn service<H: ServerHandler>(
        &self,
        profile: Profile,
        answering: fn(Handler) -> H,
    ) -> StreamableHttpService<H, Sessions> {
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
        let sessions = Arc::new(Sessions::new(config.sessions_max));
        StreamableHttpService::new(move || Ok(answering(door.handler(profile))), sessions, transport)
    }
}
