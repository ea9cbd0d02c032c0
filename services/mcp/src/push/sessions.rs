//! Clients of the older era: they subscribe to one address after the other, and are told of new lists without asking.

use std::sync::OnceLock;

use rmcp::{Peer, RoleServer, model::ResourceUpdatedNotificationParam};
use tokio_util::task::AbortOnDropHandle;

use super::{Push, Watch};

/// What one connection or session watches; nothing until the client says that it is there.
#[derive(Default)]
pub(crate) struct Session {
    telling: OnceLock<(Watch, AbortOnDropHandle<()>)>,
}

impl Session {
    /// Begins to tell this client. It ends with the session, or when the client cannot be told any more.
    pub(crate) fn begin(&self, push: &Push, peer: &Peer<RoleServer>) -> &Watch {
        let (watch, _) = self.telling.get_or_init(|| {
            let mut listener = push.listen(true);
            let (watch, peer) = (listener.watch(), peer.clone());
            let telling = async move {
                while let Some(update) = listener.next().await {
                    for address in update.addresses {
                        if peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(address)).await.is_err() {
                            return;
                        }
                    }
                    if update.list && peer.notify_resource_list_changed().await.is_err() {
                        return;
                    }
                }
            };
            (watch, AbortOnDropHandle::new(tokio::spawn(telling)))
        });
        watch
    }
}
