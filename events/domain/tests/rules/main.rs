//! The rule book: test names, read from top to bottom, are the rules.

// `cfg(test)` tells the linter that helpers are test code too.
#[cfg(test)]
mod given;
mod random;

mod creating;

mod describing;
mod differing;

mod planning;

mod ready;

#[cfg(test)]
mod scheduling;

mod criteria;

mod claiming;

mod working;

mod shelving;

mod commenting;

mod repeating;

mod versions;

mod adding_up;

mod bad_input;

mod always;
mod in_the_way;
mod undoing;

mod coverage;
#[cfg(test)]
mod history;
