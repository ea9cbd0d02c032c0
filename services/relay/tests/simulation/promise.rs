//! What has to hold, whatever goes wrong. Numbers are those of the invariants in `docs/ARCHITECTURE.md`.

/// One promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Promise {
    /// 1: positions have no hole.
    Gapless,
    /// 3: in a stream, sequence runs 1, 2, 3 and positions rise with it.
    InSequence,
    /// 4: a command is stored whole, its events side by side.
    Whole,
    /// 5: a command is stored once.
    Once,
    /// 5: a repeat gets the first receipt.
    FirstReceipt,
    /// 6: `recorded_at` never goes back.
    TimeGoesOn,
    /// What was acknowledged is committed, where the receipt says; and it stays.
    Acknowledged,
    /// What was refused is not stored, and nothing is refused that can be stored.
    Refused,
    /// 8: every message is the event of its number.
    BusIsTheLog,
    /// 10: a reader gets each position once, in order.
    ReadInOrder,
    /// 2 and 10: what a reader gets is committed, and as it was written.
    ReadAsWritten,
    /// When nothing goes wrong any more, everything arrives everywhere.
    Arrives,
    /// None of the faults is a reason for an alarm, or for a task to end.
    Quiet,
}

impl Promise {
    /// All of them.
    pub(crate) const ALL: [Self; 13] = [
        Self::Gapless,
        Self::InSequence,
        Self::Whole,
        Self::Once,
        Self::FirstReceipt,
        Self::TimeGoesOn,
        Self::Acknowledged,
        Self::Refused,
        Self::BusIsTheLog,
        Self::ReadInOrder,
        Self::ReadAsWritten,
        Self::Arrives,
        Self::Quiet,
    ];
}
