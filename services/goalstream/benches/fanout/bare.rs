//! The limit: a loop that does nothing but write the same frames to as many sockets.

use std::{net::SocketAddr, thread};

use anyhow::Context;
use bytes::Bytes;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

/// The loop in a thread of its own, which waits for a word to begin.
pub(crate) struct Bare {
    begin: oneshot::Sender<()>,
    thread: thread::JoinHandle<anyhow::Result<()>>,
}

impl Bare {
    /// Waits for so many sockets and has the frames ready; the sockets are the readers' ends.
    pub(crate) async fn start(frames: Vec<Bytes>, sockets: usize) -> anyhow::Result<(Self, Vec<TcpStream>)> {
        let (begin, begun) = oneshot::channel();
        let (told, address) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(write(frames, sockets, told, begun))
        });
        let address = address.await.context("learn where it listens")?;
        let mut readers = Vec::new();
        for _ in 0..sockets {
            readers.push(TcpStream::connect(address).await?);
        }
        Ok((Self { begin, thread }, readers))
    }

    /// Begins to write.
    pub(crate) fn begin(self) -> thread::JoinHandle<anyhow::Result<()>> {
        // One that has ended says why when it is joined.
        let _ = self.begin.send(());
        self.thread
    }
}

async fn write(
    frames: Vec<Bytes>,
    sockets: usize,
    told: oneshot::Sender<SocketAddr>,
    begun: oneshot::Receiver<()>,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    // Nobody waiting means that the benchmark has been given up.
    let _ = told.send(listener.local_addr()?);
    let mut writers = Vec::new();
    for _ in 0..sockets {
        let (writer, _) = listener.accept().await?;
        writer.set_nodelay(true)?;
        writers.push(writer);
    }
    begun.await.context("be told to begin")?;
    for frame in frames {
        for writer in &mut writers {
            writer.write_all(&frame).await?;
        }
    }
    Ok(())
}

/// The frames behind a position as clients see them, up to and with another one.
pub(crate) async fn frames(url: &str, after: u64, last: u64) -> anyhow::Result<Vec<Bytes>> {
    let mut stream = reqwest::get(format!("{url}/events?after={after}")).await?.error_for_status()?;
    let (mut text, end) = (String::new(), format!("id: {last}\n"));
    while !text.split_once(&end).is_some_and(|(_, frame)| frame.contains("\n\n")) {
        let chunk = stream.chunk().await?.context("the stream ended")?;
        text.push_str(std::str::from_utf8(&chunk).context("frames arrive whole")?);
    }
    let frames = text.split_inclusive("\n\n").filter(|frame| frame.starts_with("id: "));
    Ok(frames.map(|frame| Bytes::from(frame.to_owned())).collect())
}
