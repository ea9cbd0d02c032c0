//! The MCP door: the tools of the Goal Agent, over stdio and over Streamable HTTP, in both eras of the protocol.
//!
//! It translates and never decides: arguments become typed requests, answers and refusals become tool results, and every
//! rule is behind it, in `goal-agent`. A problem that the model can mend is a tool result with `isError`, never a protocol error,
//! because clients hide those from the model.
//!
//! One [`Door`] serves any number of connections. It holds no state of a caller: in the protocol's newer era there are no sessions, and
//! over HTTP each request gets a handler of its own. Over stdio the same door stands in front of a [`Bridge`] to the
//! running instance, so that several windows share one log.
//!
//! The same log is also offered under the names of the first implementation, as another [`Profile`].
//!
//! Read next: `tools` (what is offered), `call` (one call from arguments to answer), then `stdio` and `http`.

mod answer;
mod app;
mod arguments;
mod behind;
mod bridge;
mod call;
mod compat;
mod completion;
mod door;
mod handler;
mod http;
mod identity;
pub mod manual;
mod profile;
mod prompts;
mod push;
mod resources;
mod schema;
mod sessions;
pub mod stdio;
mod tools;
mod trace;
mod words;

#[cfg(feature = "fixtures")]
mod fixtures;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;

pub use self::http::PATH;
pub use behind::Behind;
pub use bridge::{Bridge, BridgeError, Discover};
pub use door::{Door, DoorConfig};
pub use identity::Identity;
pub use profile::Profile;
