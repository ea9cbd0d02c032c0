//! The proof after each round, and the larger one at the end.

mod round;
mod whole;

mod log;

mod history;
mod receipts;
mod seen;

mod broken;

pub(crate) use history::{History, Mark};
pub(crate) use receipts::{Acknowledged, Receipts, Told};
pub(crate) use round::{catch_up, judge};
pub(crate) use seen::Seen;
pub(crate) use whole::judge_all;
