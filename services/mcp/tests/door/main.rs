//! The door as clients meet it, with a real log behind it where the answer matters.

mod arguments;
mod bad_input;
mod board;
mod bridged;
mod compat;
mod http;
mod listed;
mod pushed;
mod reading;
mod shapes;
mod starting;
mod stdio;
mod work;
mod world;
