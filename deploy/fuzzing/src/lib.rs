//! What is fed with anything at all, and what must hold then.
//!
//! A target takes bytes, does with them what production does with what comes from outside, and panics when something does not hold
//! that always must. It is written once and run twice: by cargo-fuzz (`cargo xtask fuzz`, see `deploy/fuzz`), which is guided by what
//! the bytes reach, and by the test `seeded`, which repeats what was kept in `corpus` and tries so many changes of it. Nothing else
//! may depend on this crate.
//!
//! Where an entry is private, its crate opens it in a module `fuzzing`, behind the feature of that name, and says there what must hold.
//! The feature changes nothing else, and the executable is built without it.
//!
//! Read next: [`TARGETS`], then one target.

mod mcp_http;
mod mcp_message;

mod request_body;
mod rest_command;
mod rest_question;

mod find_query;
mod stored_payload;
mod token;

pub use find_query::find_query;
pub use mcp_http::mcp_http;
pub use mcp_message::mcp_message;
pub use request_body::request_body;
pub use rest_command::rest_command;
pub use rest_question::rest_question;
pub use stored_payload::stored_payload;
pub use token::token;

/// Takes anything at all, and panics when something does not hold.
pub type Target = fn(&[u8]);

/// All targets, by the names of their files.
pub const TARGETS: [(&str, Target); 8] = [
    ("find_query", find_query),
    ("mcp_http", mcp_http),
    ("mcp_message", mcp_message),
    ("request_body", request_body),
    ("rest_command", rest_command),
    ("rest_question", rest_question),
    ("stored_payload", stored_payload),
    ("token", token),
];
