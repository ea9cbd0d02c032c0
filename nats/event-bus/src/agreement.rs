//! Whether stream and log carry the same history. Nobody publishes to a stream, or reads from it, before this has been answered.
//!
//! Three things are compared: the log epoch in the stream's metadata, the stream's last sequence with the log's head, and the id of
//! the stream's last message with the log's event at that position. The last one also finds an older Postgres that was
//! restored and has grown past the stream since. Equal there means equal before, as far as relays published: each of their messages
//! was stored only on top of the one before it. A stranger's message can stand between them all the same, and later messages
//! agree again; the relay finds it when its own is refused, and [`Bus::agrees_at`] then goes on finding it.
//! [`Bus::compare_all`] compares every message.

use std::fmt;

use async_nats::jetstream::stream::Info;
use event_store::{Log, LogReader};
use uuid::Uuid;

use crate::{Bus, BusError, Server, definition::epoch_of, headers};

/// Two histories under one name. Publishing would mix them, so nothing is published until somebody has chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Divergence {
    /// The stream.
    pub stream: String,
    /// The log's epoch.
    pub log_epoch: Uuid,
    /// The epoch that the stream says it belongs to.
    pub stream_epoch: Option<String>,
    /// The log's last position.
    pub log_head: u64,
    /// The stream's last sequence.
    pub stream_last: u64,
    /// The position at which both were compared.
    pub position: u64,
    /// The log's event there; `None` when the log does not reach so far or was not asked.
    pub log_event: Option<Uuid>,
    /// The id of the stream's message there, when it has one of ours.
    pub stream_event: Option<Uuid>,
}

impl fmt::Display for Divergence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |id: Option<String>| id.unwrap_or_else(|| "none".to_owned());
        write!(
            out,
            "the stream {} carries another history than the log (log: epoch {}, head {}, event {} at position {}; stream: epoch {}, \
             last sequence {}, event {} at that position). Nothing more is published. Either an older Postgres was restored, or \
             somebody else published to the stream, or it is another installation's; nats/README.md says what to do in each case. After \
             a restore that is: stop every role, begin a new epoch, recreate the stream, start again",
            self.stream,
            self.log_epoch,
            self.log_head,
            or_none(self.log_event.map(|id| id.to_string())),
            self.position,
            or_none(self.stream_epoch.clone()),
            self.stream_last,
            or_none(self.stream_event.map(|id| id.to_string())),
        )
    }
}

impl<S: Server> Bus<S> {
    /// Makes sure that the stream is there and carries this log, and returns its last sequence: where publishing goes on. A stream that
    /// is missing is created so that it starts with the first event which retention would keep.
    ///
    /// # Errors
    /// [`BusError::Diverged`] when it carries another history, [`BusError::Misconfigured`] when it cannot carry one, else what NATS
    /// or the log said.
    pub async fn ensure_stream(&self, log: &impl LogReader) -> Result<u64, BusError> {
        match self.carries(log).await {
            Err(BusError::NoStream(_)) => self.create_stream(log).await,
            carried => carried,
        }
    }

    /// The position up to which the stream carries this log; nothing is changed.
    ///
    /// # Errors
    /// As [`Self::ensure_stream`], and [`BusError::NoStream`].
    pub async fn carries(&self, log: &impl LogReader) -> Result<u64, BusError> {
        Ok(self.agreed_stream(log).await?.state.last_sequence)
    }

    /// Whether the stream has the log's event at a position, or nothing there any more.
    ///
    /// # Errors
    /// [`BusError::Diverged`] when it has something else, or what NATS or the log said.
    pub async fn agrees_at(&self, log: &impl LogReader, position: u64) -> Result<(), BusError> {
        let Some(message) = self.message_at(position).await? else { return Ok(()) };
        let mut divergence = divergence_at(position, log, &self.stream().await?).await?;
        divergence.log_event = log.event_at(position).await?.map(|event| event.event_id);
        divergence.stream_event = headers::message_id(&message.headers);
        divergence.unless_equal()
    }

    /// The stream's last sequence, if its set-up still lets it carry a log: a quick look by whoever has compared them before.
    ///
    /// # Errors
    /// [`BusError::Misconfigured`], [`BusError::NoStream`], or NATS does not answer.
    pub async fn stands_at(&self) -> Result<u64, BusError> {
        let info = self.stream().await?;
        self.check_setup(&info)?;
        Ok(info.state.last_sequence)
    }

    /// The stream, when it carries this log's history.
    pub(crate) async fn agreed_stream(&self, log: &impl LogReader) -> Result<Info, BusError> {
        let info = self.stream().await?;
        self.check_setup(&info)?;
        self.compare(log, &info).await?;
        Ok(info)
    }

    fn check_setup(&self, info: &Info) -> Result<(), BusError> {
        match self.definition().problem_with(&info.config) {
            Some(problem) => Err(BusError::Misconfigured { stream: info.config.name.clone(), problem }),
            None => Ok(()),
        }
    }

    async fn compare(&self, log: &impl LogReader, info: &Info) -> Result<(), BusError> {
        let last = info.state.last_sequence;
        let mut divergence = divergence_at(last, log, info).await?;
        let head = divergence.log_head;
        if divergence.stream_epoch != Some(divergence.log_epoch.to_string()) || last > head {
            return Err(Box::new(divergence).into());
        }
        // A stream created to start later has a last sequence before its first message.
        if info.state.messages == 0 {
            return Ok(());
        }
        divergence.log_event = log.event_at(last).await?.map(|event| event.event_id);
        let Some(message) = self.message_at(last).await? else {
            // Retention has passed it while we looked: somebody publishes, so it is worth another look.
            return Err(BusError::Nats {
                doing: "read the stream's last message",
                source: "it has gone meanwhile".into(),
            });
        };
        divergence.stream_event = headers::message_id(&message.headers);
        divergence.unless_equal()
    }

    async fn create_stream(&self, log: &impl LogReader) -> Result<u64, BusError> {
        let first = self.definition().first_kept(log.head().await?.position);
        let info = self.server().create_stream(self.definition().create(log.epoch(), first)).await?;
        let last = info.state.last_sequence;
        tracing::info!(stream = info.config.name, first, "stream created");
        if info.state.messages == 0 && last + 1 != first {
            // Servers before 2.10 ignore the first sequence without a word.
            let problem =
                format!("it should start at {first} and starts at {}; NATS 2.10 or later is needed", last + 1);
            return Err(BusError::Misconfigured { stream: info.config.name.clone(), problem });
        }
        Ok(last)
    }
}

impl Bus {
    /// Removes the stream with everything on it, consumers of third parties too, and creates it for this log. Part of the documented
    /// recovery; `confirm` must be the stream's name.
    ///
    /// # Errors
    /// [`BusError::NotConfirmed`], else what NATS or the log said.
    pub async fn recreate_stream(&self, log: &Log, confirm: &str) -> Result<u64, BusError> {
        if confirm != self.stream_name() {
            return Err(BusError::NotConfirmed(self.stream_name().to_owned()));
        }
        match self.stream().await {
            Ok(_) => {
                let deleted = self.server().context.delete_stream(self.stream_name()).await;
                deleted.map_err(|error| BusError::nats("delete the stream")(error.into()))?;
                tracing::warn!(stream = self.stream_name(), "stream deleted with its consumers");
            }
            Err(BusError::NoStream(_)) => {}
            Err(error) => return Err(error),
        }
        self.create_stream(log).await
    }
}

/// Where both stand, with nothing yet about the events at a position.
async fn divergence_at(position: u64, log: &impl LogReader, info: &Info) -> Result<Divergence, BusError> {
    let (last, known) = (info.state.last_sequence, *log.wakeups().borrow());
    // What the log has announced is there; only a stream beyond that needs the question.
    let head = if last > known { log.head().await?.position } else { known };
    Ok(Divergence {
        stream: info.config.name.clone(),
        log_epoch: log.epoch(),
        stream_epoch: epoch_of(&info.config).map(str::to_owned),
        log_head: head,
        stream_last: last,
        position,
        log_event: None,
        stream_event: None,
    })
}

impl Divergence {
    fn unless_equal(self) -> Result<(), BusError> {
        match self.log_event == self.stream_event {
            true => Ok(()),
            false => Err(Box::new(self).into()),
        }
    }
}
