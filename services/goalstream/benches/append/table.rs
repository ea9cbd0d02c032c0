//! The results as a table for people.

use std::fmt::Write;

use super::rounds::Level;

/// Markdown.
pub(crate) fn write(levels: &[Level]) -> String {
    let mut table = "| writers | store | commands/s | p50 ms | p99 ms | ours is faster | our p50 / its p50 |\n\
                     | ---: | --- | ---: | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    for level in levels {
        for store in &level.stores {
            let (rate, latency, faster, slower) =
                (&store.rate, &store.latency_ms, &store.ours_faster, &store.ours_latency);
            // Writing to a string cannot fail.
            let _ = writeln!(
                table,
                "| {} | {} | {:.0} | {:.2} | {:.2} | {:.1} ({:.1} to {:.1}) | {:.2} ({:.2} to {:.2}) |",
                level.writers,
                store.name,
                rate.p50,
                latency.p50,
                latency.p99,
                faster.p50,
                faster.min,
                faster.max,
                slower.p50,
                slower.min,
                slower.max,
            );
        }
    }
    for level in levels {
        let (writers, tried, others) = (level.writers, level.rounds_tried, level.others_used * 100.0);
        let _ = writeln!(
            table,
            "\n{writers} writers: {tried} rounds tried; others used up to {others:.0} % in those that count."
        );
    }
    table
}
