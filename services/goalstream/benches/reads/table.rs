//! The results as a table for people.

use std::fmt::Write;

use super::{Reads, asking::Asking, changing::INTERVAL};
use crate::measure::Spread;

/// Markdown.
pub(crate) fn write(reads: &Reads) -> String {
    let Reads { tasks, a_second, plain, hits, .. } = reads;
    let mut table = format!(
        "{tasks} tasks, {a_second} questions a second, medians of {} rounds; a task changes every {} ms while those who wait ask\n\n\
         | question | bytes of the answer | p50 ms | p99 ms | longest ms | refused |\n| --- | ---: | ---: | ---: | ---: | ---: |\n",
        plain.rounds_ms.len(),
        INTERVAL.as_millis(),
    );
    table.push_str(&row("the same, by the plain server", plain));
    for asking in &reads.asked {
        table.push_str(&row(asking.question.name(), asking));
    }
    let ratio = reads.cached_ratio();
    // Writing to a string cannot fail.
    let _ = writeln!(
        table,
        "\nA cached answer's p99 is {:.2} of the plain server's ({:.2} to {:.2}).\n\n\
         In {} calls of agents the cache answered {:.1} % of the look-ups of queries, and {:.1} % of those of goals to decide on.",
        ratio.p50,
        ratio.min,
        ratio.max,
        hits.calls,
        hits.read_models * 100.0,
        hits.aggregates * 100.0,
    );
    table
}

fn row(name: &str, asking: &Asking) -> String {
    let median = |percentile: fn(&Spread) -> f64| asking.median(percentile);
    let (p50, p99, max) = (median(|times| times.p50), median(|times| times.p99), median(|times| times.max));
    format!("| {name} | {} | {p50:.2} | {p99:.2} | {max:.2} | {} |\n", asking.answer.len(), asking.refused)
}
