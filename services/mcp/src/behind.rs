//! Who answers behind the door, which may change while it is open.

use goal_agent::GoalAgent;

use crate::bridge::Bridge;

/// What stands behind a door. Its owner publishes changes through a watch channel, so a door can open before anything is ready.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "there is one in a process, and its clones are counted pointers")]
pub enum Behind {
    /// Nothing yet: tools wait a moment, then say BUSY.
    Starting,
    /// The agent, in this process.
    Agent(GoalAgent),
    /// The running instance, in another process.
    Daemon(Bridge),
    /// It could not be started, or has stopped: tools say UNAVAILABLE with this reason.
    Away {
        /// In the caller's words, with what can be done about it.
        reason: String,
    },
}
