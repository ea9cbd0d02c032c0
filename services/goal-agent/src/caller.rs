//! Who asks, and through what.

use domain::{Actor, ActorKind, Workspace};
use uuid::Uuid;

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
    /// W3C trace context of the request.
    pub traceparent: Option<String>,
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

    /// The trace that the request is a part of; `None` when what was sent is no trace context.
    pub(crate) fn trace_id(&self) -> Option<Uuid> {
        let mut parts = self.traceparent.as_deref()?.split('-');
        let (version, trace, parent) = (parts.next()?, parts.next()?, parts.next()?);
        let is_hex =
            |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_given = |text: &str, length| is_hex(text, length) && text.bytes().any(|byte| byte != b'0');
        let valid = is_hex(version, 2) && version != "ff" && is_given(trace, 32) && is_given(parent, 16);
        Uuid::try_parse(trace).ok().filter(|_| valid)
    }

    /// Whose writes its reads must see: one session, or one actor with one program.
    pub(crate) fn reading_key(&self) -> String {
        let through = self.session.as_ref().or(self.client.as_ref());
        format!("{}\u{1f}{}", self.actor.id, through.map(String::as_str).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_named_by_its_id_and_what_is_none_by_nothing() {
        let trace_id = |sent: &str| {
            let caller = Caller { traceparent: Some(sent.to_owned()), ..Caller::new("ann", ActorKind::Agent) };
            caller.trace_id().map(|id| id.simple().to_string())
        };
        let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        assert_eq!(trace_id(&format!("00-{trace}-{parent}-01")).as_deref(), Some(trace));
        let zeros = "0".repeat(32);
        for wrong in [
            String::new(),
            trace.to_owned(),
            format!("00-{trace}"),
            format!("ff-{trace}-{parent}-01"),
            format!("00-{zeros}-{parent}-01"),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{trace}x-{parent}-01"),
        ] {
            assert_eq!(trace_id(&wrong), None, "{wrong}");
        }
    }
}
