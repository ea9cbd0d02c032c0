//! One client, which creates one task after the other.

use std::time::Duration;

use serde_json::json;

use super::{
    peer::{Call, Peer},
    stdio::Pipes,
};
use crate::door::Door;

/// How often a server that is still starting is asked again, and after how long.
const FIRST_CALL_TRIES_MAX: usize = 100;
const FIRST_CALL_RETRY_DELAY: Duration = Duration::from_millis(50);

/// A connection, and how a task is created over it.
pub(crate) struct Client {
    pub(crate) way: Way,
    how: How,
}

pub(crate) enum Way {
    Http(Door),
    Stdio(Box<Pipes>),
}

enum How {
    /// Below this goal of ours.
    Goal(String),
    /// As this peer has it.
    Peer(Box<Peer>),
}

impl Client {
    pub(crate) fn ours_over_http(door: Door, goal: String) -> Self {
        Self { way: Way::Http(door), how: How::Goal(goal) }
    }

    pub(crate) fn ours_over_stdio(pipes: Pipes, goal: String) -> Self {
        Self { way: Way::Stdio(Box::new(pipes)), how: How::Goal(goal) }
    }

    pub(crate) fn of_peer(pipes: Pipes, peer: Box<Peer>) -> Self {
        Self { way: Way::Stdio(Box::new(pipes)), how: How::Peer(peer) }
    }

    /// The goal that its tasks are created below, if it is one of ours.
    pub(crate) fn goal(&self) -> Option<&str> {
        match &self.how {
            How::Goal(goal) => Some(goal),
            How::Peer(_) => None,
        }
    }

    /// Creates a task.
    pub(crate) async fn create(&mut self, title: &str) -> anyhow::Result<()> {
        let call = match &self.how {
            How::Peer(peer) => peer.create(title),
            How::Goal(goal) => Call {
                tool: "add_tasks".to_owned(),
                arguments: json!({ "parent": goal, "tasks": [{ "title": title }] }),
            },
        };
        match &mut self.way {
            Way::Http(door) => door.call(&call.tool, &call.arguments).await.map(drop),
            Way::Stdio(pipes) => pipes.call(&call).await.map(drop),
        }
    }

    /// Connections are opened and statements prepared. A stdio door says BUSY until it has found its instance.
    pub(crate) async fn first_call(&mut self) -> anyhow::Result<()> {
        let mut answer = self.create("Warm-up").await;
        for _ in 0..FIRST_CALL_TRIES_MAX {
            if answer.is_ok() {
                break;
            }
            tokio::time::sleep(FIRST_CALL_RETRY_DELAY).await;
            answer = self.create("Warm-up").await;
        }
        answer
    }
}
