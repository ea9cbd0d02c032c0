//! `goalstream watch` as a WebSocket: one message an event, the same line that the command prints, for automation that would rather keep a
//! connection than a process. Resumes by position, so no event is left out and none comes twice.
//!
//! Each client reads the log at its own pace, with a subscription of its own; so there may only be so many. One that answers no ping is let
//! go. Pages of other origins are refused: browsers let them connect and would show them everything.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{
        Query, State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use domain::{GoalEvent, GoalId, Recorded};
use event_bus::Subscription;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, interval_at, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Dashboard,
    audit::{Format, Shape},
    guard,
    problem::Problem,
    query::{POSITION, Parameters, parse, refused},
    rest::route::{Kind, Parameter, Route},
};

/// Clients at the same time.
pub(crate) const WATCHERS_MAX: usize = 256;
/// Events taken at once.
const PAGE_EVENTS_MAX: usize = 256;
/// How often a client is asked whether it is still there, and how long it may say nothing.
const PING_EVERY: Duration = Duration::from_secs(20);
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How long one message may take to be sent.
const SEND_BOUND: Duration = Duration::from_secs(60);
/// What the protocol leaves for a reason.
const REASON_BYTES_MAX: usize = 120;
/// Clients have nothing to say but that they leave.
const HEARD_BYTES_MAX: usize = 4 * 1024;

const ASKS: &[Parameter] = &[
    Parameter::new(
        "since",
        Kind::Number(0, u64::MAX),
        "The last position one has; only what comes now when not given.",
    ),
    Parameter::new("goal", Kind::Text, "Only of this goal and its tasks."),
    Parameter::new("types", Kind::Words(GoalEvent::NAMES), "Only events of these types."),
];

/// Which events somebody who watches wants.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this goal; of all when not given.
    pub goal: Option<GoalId>,
    /// Of these types; of all when empty.
    pub types: Vec<String>,
}

/// What a client asks for.
#[derive(Debug)]
struct Wish {
    since: u64,
    filter: Filter,
}

pub(crate) fn routes() -> Vec<Route> {
    const NO_WEBSOCKET: &[(u16, &str)] = &[(426, "The request does not ask for a WebSocket.")];
    vec![
        Route::get("/watch", "Follows what happens by WebSocket: a message an event, each a line of JSON.", watch)
            .asks(ASKS)
            .status(101)
            .also(NO_WEBSOCKET),
    ]
}

/// Upgraded to a WebSocket.
async fn watch(
    dashboard: State<Dashboard>,
    given: Query<Vec<(String, String)>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let wish = read(given.0, dashboard.agent.head())?;
    if let Some(origin) = headers.get(header::ORIGIN) {
        guard::check_origin(origin.to_str().unwrap_or_default(), dashboard.allowed_hosts.as_deref())?;
    }
    let Ok(upgrade) = upgrade else {
        let refused = Problem::new(StatusCode::UPGRADE_REQUIRED, "UPGRADE_REQUIRED", "this address speaks WebSocket");
        return Err(refused.hint("for HTTP there is the live stream at /events"));
    };
    let seat = Arc::clone(&dashboard.watchers).try_acquire_owned();
    let seat = seat.map_err(|_| Problem::unavailable("too many clients watch"))?;
    let subscription = (dashboard.subscribe)(wish.since);
    let shutdown = dashboard.live.shutdown().clone();
    let upgrade = upgrade.max_message_size(HEARD_BYTES_MAX);
    Ok(upgrade.on_upgrade(move |socket| serve(socket, wish, subscription, seat, shutdown)))
}

fn read(given: Vec<(String, String)>, head: u64) -> Result<Wish, Problem> {
    let parameters = Parameters::of(given, ASKS)?;
    let since = parameters.parsed("since", POSITION)?.unwrap_or(head);
    let types: Vec<String> =
        parameters.text("types").into_iter().flat_map(|text| text.split(',')).map(str::to_owned).collect();
    let goal = parameters.text("goal").map(|id| parse("goal", id, "a goal id such as GOAL-0001")).transpose()?;
    let filter = Filter { goal, types };
    if let Some(unknown) = filter.unknown_type() {
        let known = GoalEvent::NAMES.join(", ");
        return Err(
            refused("types", "events separated by commas").hint(format!("there is no {unknown}; there are {known}"))
        );
    }
    Ok(Wish { since, filter })
}

async fn serve(
    mut socket: WebSocket,
    wish: Wish,
    mut subscription: Subscription,
    _seat: OwnedSemaphorePermit,
    shutdown: CancellationToken,
) {
    let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    let mut heard = Instant::now();
    let goodbye = loop {
        let message = tokio::select! {
            page = subscription.next_page(PAGE_EVENTS_MAX) => match page {
                Ok(page) => match send_all(&mut socket, &wish, &page).await {
                    true => continue,
                    false => return,
                },
                Err(alarm) => {
                    tracing::warn!(error = &alarm as &dyn std::error::Error, "a client cannot watch any further");
                    break (close_code::ERROR, alarm.to_string());
                }
            },
            heard_now = socket.recv() => match heard_now {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {
                    heard = Instant::now();
                    continue;
                }
            },
            _ = pings.tick() => match heard.elapsed() > SILENCE_MAX {
                true => return,
                false => Message::Ping(Vec::new().into()),
            },
            () = shutdown.cancelled() => break (close_code::AWAY, "the server stops; come back with the last position".to_owned()),
        };
        if !send(&mut socket, message).await {
            return;
        }
    };
    let (code, reason) = goodbye;
    let reason: String = reason.chars().filter(char::is_ascii).take(REASON_BYTES_MAX).collect();
    let frame = CloseFrame { code, reason: reason.into() };
    let _ = send(&mut socket, Message::Close(Some(frame))).await;
}

/// `false` when the client is gone.
async fn send_all(socket: &mut WebSocket, wish: &Wish, page: &[Arc<Recorded>]) -> bool {
    for event in page.iter().filter(|event| wish.filter.wants(event)) {
        let line = Format::JsonLines.line(Shape::Event, event, None);
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if !send(socket, Message::Text(text.into())).await {
            return false;
        }
    }
    true
}

async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(SEND_BOUND, socket.send(message)).await, Ok(Ok(())))
}

impl Filter {
    /// A type that there is not: who waits for it would wait for ever.
    pub fn unknown_type(&self) -> Option<&str> {
        self.types.iter().map(String::as_str).find(|name| !GoalEvent::NAMES.contains(name))
    }

    /// Whether this event is one of them.
    pub fn wants(&self, event: &Recorded) -> bool {
        let goal = self.goal.is_none_or(|goal| event.goal_id() == Some(goal));
        goal && (self.types.is_empty() || self.types.contains(&event.event_type))
    }
}

/// Seats for all watchers.
pub(crate) fn seats() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(WATCHERS_MAX))
}
