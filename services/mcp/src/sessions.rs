//! Sessions of the protocol's older era: so many at the same time, and no more.
//!
//! A session costs memory for as long as it lives, and most clients leave without ending theirs. When there are too many, the one
//! goes that was used least recently, before all others one in which nothing is under way. Its client is told by the protocol's own
//! means: the next request finds no such session (404), and the client begins a new one.
//!
//! Order: a session is in the list from before its id is told until it ends. Limits: [`SESSIONS_MAX`], unless the door is told otherwise.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, StreamExt};
use rmcp::{
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::streamable_http_server::session::{
        ServerSseMessage, SessionId, SessionManager,
        local::{LocalSessionManager, LocalSessionManagerError, SessionConfig},
    },
};
use tokio::time::timeout;

/// Sessions at the same time: at about 60 kB each.
pub(crate) const SESSIONS_MAX: usize = 1_000;

/// How long a session lives without a request. Some clients do not come back from a lost one.
const SESSION_IDLE_MAX: Duration = Duration::from_secs(4 * 60 * 60);

/// How long a newcomer waits for the one that goes. That one is gone from the list in any case.
const CLOSE_BOUND: Duration = Duration::from_secs(1);

/// The sessions of a door.
pub(crate) struct Sessions {
    local: LocalSessionManager,
    uses: Arc<Uses>,
    sessions_max: usize,
}

/// What is known of every session.
#[derive(Default)]
struct Uses(Mutex<List>);

#[derive(Default)]
struct List {
    sessions: HashMap<SessionId, Use>,
    /// Counts uses, so that one can be said to be before another.
    uses: u64,
}

#[derive(Default)]
struct Use {
    last: u64,
    streams: usize,
}

impl Sessions {
    pub(crate) fn new(sessions_max: usize) -> Self {
        let mut local = LocalSessionManager::default();
        let mut config = SessionConfig::default();
        config.keep_alive = Some(SESSION_IDLE_MAX);
        local.session_config = config;
        Self { local, uses: Arc::default(), sessions_max }
    }

    /// Ends sessions until there are no more than there may be, but not the newest.
    async fn make_room_for(&self, newest: &SessionId) {
        while let Some(id) = self.uses.one_too_many(self.sessions_max, newest) {
            tracing::debug!(session = %id, "a session is ended to make room for another");
            metrics::counter!("mcp_sessions_evicted_total").increment(1);
            // Its worker ends also when it is too busy to be told: nothing leads to it any more.
            let _ = timeout(CLOSE_BOUND, self.local.close_session(&id)).await;
        }
    }

    fn in_use<S>(&self, id: &SessionId, stream: S) -> InUse
    where
        S: Stream<Item = ServerSseMessage> + Send + Sync + 'static,
    {
        self.uses.change(id, |session| session.streams += 1);
        InUse { stream: Box::pin(stream), id: id.clone(), uses: Arc::clone(&self.uses) }
    }
}

impl Uses {
    fn list(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, id: &SessionId) {
        self.list().sessions.insert(id.clone(), Use::default());
        self.change(id, |_| ());
        self.tell();
    }

    fn remove(&self, id: &SessionId) {
        self.list().sessions.remove(id);
        self.tell();
    }

    /// Notes that a session is used just now.
    fn change(&self, id: &SessionId, change: impl FnOnce(&mut Use)) {
        let mut list = self.list();
        list.uses += 1;
        let last = list.uses;
        if let Some(session) = list.sessions.get_mut(id) {
            session.last = last;
            change(session);
        }
    }

    /// Takes the one from the list that has to go, when there are more than this.
    fn one_too_many(&self, sessions_max: usize, newest: &SessionId) -> Option<SessionId> {
        let mut list = self.list();
        if list.sessions.len() <= sessions_max {
            return None;
        }
        let others = list.sessions.iter().filter(|(id, _)| *id != newest);
        let oldest = others.min_by_key(|(_, session)| (session.streams > 0, session.last));
        let id = oldest.map(|(id, _)| id.clone())?;
        list.sessions.remove(&id);
        Some(id)
    }

    fn tell(&self) {
        metrics::gauge!("mcp_sessions").set(self.list().sessions.len() as f64);
    }
}

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        let (id, transport) = self.local.create_session().await?;
        self.uses.add(&id);
        self.make_room_for(&id).await;
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.local.initialize_session(id, message).await
    }

    /// Asked at the beginning of every request.
    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        self.uses.change(id, |_| ());
        self.local.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        self.uses.remove(id);
        self.local.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        Ok(self.in_use(id, self.local.create_stream(id, message).await?))
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        self.local.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        Ok(self.in_use(id, self.local.create_standalone_stream(id).await?))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        Ok(self.in_use(id, self.local.resume(id, last_event_id).await?))
    }
}

/// A session's stream, during which something is under way in it.
struct InUse {
    stream: Pin<Box<dyn Stream<Item = ServerSseMessage> + Send + Sync>>,
    id: SessionId,
    uses: Arc<Uses>,
}

impl Stream for InUse {
    type Item = ServerSseMessage;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<ServerSseMessage>> {
        self.stream.poll_next_unpin(context)
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.uses.change(&self.id, |session| session.streams -= 1);
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    async fn session(sessions: &Sessions) -> SessionId {
        sessions.create_session().await.unwrap().0
    }

    async fn alive(sessions: &Sessions, ids: &[&SessionId]) -> Vec<bool> {
        let mut alive = Vec::new();
        for id in ids {
            alive.push(sessions.local.has_session(id).await.unwrap());
        }
        alive
    }

    #[tokio::test]
    async fn the_least_recently_used_one_goes_when_there_are_too_many() {
        let sessions = Sessions::new(2);
        let (first, second) = (session(&sessions).await, session(&sessions).await);
        assert!(sessions.has_session(&first).await.unwrap());
        let third = session(&sessions).await;
        assert_eq!(alive(&sessions, &[&first, &second, &third]).await, [true, false, true]);
        assert!(!sessions.has_session(&second).await.unwrap(), "which is answered with 404");
    }

    #[tokio::test]
    async fn one_in_which_something_is_under_way_stays() {
        let sessions = Sessions::new(2);
        let (first, second) = (session(&sessions).await, session(&sessions).await);
        let under_way = sessions.in_use(&first, stream::pending());
        assert!(sessions.has_session(&second).await.unwrap());
        let third = session(&sessions).await;
        assert_eq!(alive(&sessions, &[&first, &second, &third]).await, [true, false, true]);
        drop(under_way);
        let (fourth, fifth) = (session(&sessions).await, session(&sessions).await);
        assert_eq!(alive(&sessions, &[&first, &third, &fourth, &fifth]).await, [false, false, true, true]);
    }

    #[tokio::test]
    async fn a_newcomer_stays_also_when_all_others_are_in_use() {
        let sessions = Sessions::new(1);
        let first = session(&sessions).await;
        let _under_way = sessions.in_use(&first, stream::pending());
        let second = session(&sessions).await;
        assert_eq!(alive(&sessions, &[&first, &second]).await, [false, true]);
    }

    #[tokio::test]
    async fn one_that_was_ended_takes_no_place() {
        let sessions = Sessions::new(2);
        let (first, second) = (session(&sessions).await, session(&sessions).await);
        sessions.close_session(&second).await.unwrap();
        let third = session(&sessions).await;
        assert_eq!(alive(&sessions, &[&first, &second, &third]).await, [true, false, true]);
    }

    #[tokio::test]
    async fn a_flood_of_them_leaves_only_so_many() {
        let sessions = Sessions::new(10);
        for _ in 0..200 {
            session(&sessions).await;
        }
        assert_eq!(sessions.local.sessions.read().await.len(), 10);
        assert_eq!(sessions.uses.list().sessions.len(), 10);
    }
}
