//! What has to be caught: one deliberate fault in the models, or between them and what they serve, a run.
//!
//! Each stands for a mistake that somebody could make. A promise that no flaw can break is not tested.

/// One mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Positions come from a Postgres sequence, which a rollback does not take back.
    NumbersFromASequence,
    /// The head row is unlocked before the commit.
    UnlocksBeforeTheCommit,
    /// No unique index holds a stream's sequence.
    IgnoresTheSequence,
    /// What a lost connection had sent is stored in part.
    StoresAPart,
    /// Command ids are not looked up, and nothing makes them unique.
    ForgetsCommands,
    /// A repeat is answered with where the log stands now.
    AnswersRepeatsAnew,
    /// `recorded_at` is the clock, wherever that has been set.
    FollowsTheClock,
    /// The batcher answers when the functions have returned, not when their transaction is committed.
    AnswersBeforeTheCommit,
    /// After a lost answer the batcher calls the fast function again.
    RetriesTheFastFunction,
    /// After a lost answer the batcher sends the batch as new commands.
    RetriesAsNewCommands,
    /// Answers go to the wrong callers of a batch.
    MixesUpAnswers,
    /// Readers of the log see what is not committed yet.
    ReadsUncommitted,
    /// The relay publishes without saying after which message.
    PublishesAnywhere,
    /// The relay goes on from what was acknowledged to it, not from what the stream has.
    TrustsACheckpoint,
    /// The subscription takes whatever comes for the next event: what was left out is skipped.
    SkipsAHole,
    /// The subscription takes whatever comes for the next event: what comes again is delivered again.
    TakesRepeats,
    /// The reader's place is stored before its page is handled.
    KeepsItsPlaceEarly,
    /// The reader's place is stored some time after its page was handled.
    KeepsItsPlaceLate,
}

impl Flaw {
    /// All of them.
    pub(crate) const ALL: [Self; 18] = [
        Self::NumbersFromASequence,
        Self::UnlocksBeforeTheCommit,
        Self::IgnoresTheSequence,
        Self::StoresAPart,
        Self::ForgetsCommands,
        Self::AnswersRepeatsAnew,
        Self::FollowsTheClock,
        Self::AnswersBeforeTheCommit,
        Self::RetriesTheFastFunction,
        Self::RetriesAsNewCommands,
        Self::MixesUpAnswers,
        Self::ReadsUncommitted,
        Self::PublishesAnywhere,
        Self::TrustsACheckpoint,
        Self::SkipsAHole,
        Self::TakesRepeats,
        Self::KeepsItsPlaceEarly,
        Self::KeepsItsPlaceLate,
    ];
}
