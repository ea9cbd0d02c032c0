//! The proof after each round, and the larger one at the end.

mod round;
mod whole;

mod log;

mod history;
mod receipts;
mod seen;

mod linear;
mod register;

mod broken;
mod unexplained;

pub(crate) use history::{History, Mark};
pub(crate) use log::head as head_of_log;
pub(crate) use receipts::{Acknowledged, Receipts, Told};
pub(crate) use register::Register;
pub(crate) use round::{catch_up, judge};
pub(crate) use seen::Seen;
pub(crate) use whole::judge_all;
