//! The limit: a server that answers with the same bytes and thinks of nothing.

use std::thread;

use anyhow::Context;
use axum::{Router, http::header, routing::post};
use bytes::Bytes;
use tokio::{net::TcpListener, sync::oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A server in a runtime of its own; it ends with this value.
pub(crate) struct Plain {
    /// Where it is.
    pub(crate) url: String,
    _until: DropGuard,
}

impl Plain {
    /// Starts it.
    pub(crate) async fn start(answer: Bytes) -> anyhow::Result<Self> {
        let (told, url) = oneshot::channel();
        let end = CancellationToken::new();
        let until = end.clone().drop_guard();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(serve(answer, told, end))
        });
        Ok(Self { url: url.await.context("learn where it is")?, _until: until })
    }
}

async fn serve(answer: Bytes, told: oneshot::Sender<String>, end: CancellationToken) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    // Nobody waiting means that the benchmark has been given up.
    let _ = told.send(format!("http://{}", listener.local_addr()?));
    let listener = axum::serve::ListenerExt::tap_io(listener, |connection| {
        // As the executable has it.
        let _ = connection.set_nodelay(true);
    });
    // The question is read as well: its body is an argument.
    let handler = move |_question: Bytes| {
        let answer = answer.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], answer) }
    };
    let router = Router::new().route(mcp::PATH, post(handler));
    axum::serve(listener, router).with_graceful_shutdown(end.cancelled_owned()).await?;
    Ok(())
}
