//! Who asks, and through what.

use domain::{Actor, ActorKind, Workspace};

use crate::Traceparent;

/// The one who asks, as a door knows it. The order of trust is token subject, configured identity, client name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who acts.
    pub actor: Actor,
    /// The workspace it acts in.
    pub workspace: Workspace,
    /// The program it uses, such as `claude-code/2.1`.
    pub client: Option<String>,
    /// The program's session, where it has one.
    pub session: Option<String>,
    /// The trace that the request is a part of.
    pub traceparent: Option<Traceparent>,
}

impl Caller {
    /// Somebody of this kind and name, in the default workspace.
    pub fn new(id: impl Into<String>, kind: ActorKind) -> Self {
        Self {
            actor: Actor { id: id.into(), kind },
            workspace: Workspace::DEFAULT,
            client: None,
            session: None,
            traceparent: None,
        }
    }

    /// Whose writes its reads must see: one session, or one actor with one program.
    pub(crate) fn reading_key(&self) -> String {
        let through = self.session.as_ref().or(self.client.as_ref());
        format!("{}\u{1f}{}", self.actor.id, through.map(String::as_str).unwrap_or_default())
    }
}
