//! The house rules that a program can hold: what may depend on what, who may do what, and that the documents keep up with the code.
//!
//! A rule that is said twice in review belongs here. Each one fails with what is wrong, where, and what to do.

mod architecture;
mod tidy;

mod checkout;
