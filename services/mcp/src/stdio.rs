//! The door over standard input and output: one client, one JSON message a line.
//!
//! The client owns the process. Whatever it writes, the process neither ends nor falls silent: a line that is no message is answered
//! with an error, under its id where it has one. The process ends when the client closes its end. Nothing but messages is ever
//! written to standard output.
//!
//! Order: one task reads lines, one writes them, the protocol's library stands between them; both channels are bounded, so a client
//! that does not read is not read from.

mod lines;
pub(crate) mod reader;

use rmcp::{
    ServiceExt,
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    service::ServerInitializeError,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::{sync::PollSender, task::AbortOnDropHandle};
use uuid::Uuid;

use crate::{Door, push::bridged};

/// Bytes of one message, over stdio and over HTTP. A goal of 10,000 tasks with a few lines each fits.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Messages waiting in either direction.
const MESSAGES_WAITING_MAX: usize = 64;

/// Serves the process's own standard input and output until the client closes them.
///
/// # Errors
/// The task that serves them failed.
pub async fn serve(door: &Door) -> Result<(), StdioError> {
    let (input, output) = rmcp::transport::io::stdio_pipes();
    serve_on(door, input, output).await
}

/// The same on any pair of streams.
///
/// # Errors
/// As [`serve`].
pub async fn serve_on<R, W>(door: &Door, input: R, output: W) -> Result<(), StdioError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let (to_client, answers) = mpsc::channel::<ServerJsonRpcMessage>(MESSAGES_WAITING_MAX);
    let (from_client, requests) = mpsc::channel::<ClientJsonRpcMessage>(MESSAGES_WAITING_MAX);
    let reading = tokio::spawn(reader::read(input, from_client, to_client.clone()));
    let writing = tokio::spawn(write(output, answers));
    let following = door.clone();
    let _telling = AbortOnDropHandle::new(tokio::spawn(async move { bridged::follow(&following).await }));
    let handler = door.handler(door.config().profile).with_session(Uuid::new_v4().to_string());
    let transport = (PollSender::new(to_client), ReceiverStream::new(requests));
    // The library cancels the token it is given when a connection ends, so each gets one of its own.
    let stop = door.config().shutdown.child_token();
    let served = match handler.serve_with_ct(transport, stop).await {
        Ok(service) => service.waiting().await.map(|_reason| ()).map_err(StdioError::Ended),
        // The client left, or we are stopping, before anything was said.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => Ok(()),
        Err(error) => Err(StdioError::Opening(Box::new(error))),
    };
    reading.abort();
    // Ends by itself once nobody can send any more: what was answered is still written.
    writing.await.map_err(StdioError::Ended)?;
    served
}

/// Why serving a client ended badly.
#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    /// The client and we never agreed on how to speak.
    #[error("open the connection over standard input and output")]
    Opening(#[source] Box<ServerInitializeError>),
    /// A task of ours failed.
    #[error("serve the client over standard input and output")]
    Ended(#[source] tokio::task::JoinError),
}

/// Writes one message a line until there are no more, or nobody reads.
async fn write(mut output: impl AsyncWrite + Unpin, mut answers: mpsc::Receiver<ServerJsonRpcMessage>) {
    while let Some(message) = answers.recv().await {
        let mut line = match serde_json::to_vec(&message) {
            Ok(line) => line,
            Err(error) => {
                tracing::error!(%error, "a message could not be written as JSON");
                continue;
            }
        };
        line.push(b'\n');
        let written = async {
            output.write_all(&line).await?;
            output.flush().await
        };
        if let Err(error) = written.await {
            tracing::debug!(%error, "the client does not read any more");
            return;
        }
    }
}
