//! Bodies of requests: each has to arrive within a bound, and only so many large ones arrive at the same time.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use dashboard::Problem;
use hyper::{
    Request,
    body::{Body as Arrives, Frame, Incoming, SizeHint},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};
use tower::ServiceExt;

use super::Bounds;

/// Up to this size a body is small: all there can be of them fit into memory.
const SMALL_BODY_BYTES_MAX: u64 = 64 * 1024;

/// The bounds that all bodies share.
pub(super) struct Bodies {
    bound: Duration,
    large: Arc<Semaphore>,
}

/// A body on its way, and what is dropped as soon as it is whole, or nobody wants it any more.
pub(super) struct Guarded<B, G> {
    body: B,
    _guard: G,
}

impl<B, G> Guarded<B, G> {
    pub(super) fn new(body: B, guard: G) -> Self {
        Self { body, _guard: guard }
    }
}

impl Bodies {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self { bound: bounds.body, large: Arc::new(Semaphore::new(bounds.large_bodies_max)) }
    }

    /// The router's answer, or ours when the body does not come.
    pub(super) async fn answer(&self, request: Request<Incoming>, router: Router) -> Response {
        if request.body().is_end_stream() {
            return route(router, request.map(Body::new)).await;
        }
        let (sender, arrived) = oneshot::channel();
        let answering = async {
            let turn = self.turn(request.body()).await;
            let arriving = |body| Body::new(Guarded::new(body, (turn, sender)));
            route(router, request.map(arriving)).await
        };
        tokio::select! {
            response = answering => response,
            () = lateness(arrived, self.bound) => {
                let seconds = self.bound.as_secs();
                let late = format!("the request did not arrive within {seconds} s");
                Problem::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", late).into_response()
            }
        }
    }

    /// Small ones need no turn. One that does not say how large it is may be large.
    async fn turn(&self, body: &Incoming) -> Option<OwnedSemaphorePermit> {
        let is_small = body.size_hint().upper().is_some_and(|bytes| bytes <= SMALL_BODY_BYTES_MAX);
        // Nobody closes it.
        if is_small { None } else { Arc::clone(&self.large).acquire_owned().await.ok() }
    }
}

/// Passes when a body has not arrived in time, and otherwise never: the answer may take longer.
async fn lateness(arrived: oneshot::Receiver<()>, bound: Duration) {
    if timeout(bound, arrived).await.is_ok() {
        std::future::pending::<()>().await;
    }
}

async fn route(router: Router, request: Request<Body>) -> Response {
    let Ok(response) = router.oneshot(request).await;
    response
}

impl<B: Arrives + Unpin, G: Unpin> Arrives for Guarded<B, G> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
