//! The results as a table for people.

use std::fmt::Write;

use super::rounds::Level;
use crate::measure::Spread;

/// Markdown.
pub(crate) fn write(levels: &[Level], skipped: &[String]) -> String {
    let mut table = "| clients | server | transport | calls/s (lowest to highest) | p50 ms | p99 ms | refused | acknowledged | lost | doubled |\n\
                     | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    for level in levels {
        for server in &level.contenders {
            let (rate, latency, kept) = (Spread::of(server.rates.iter().copied()), &server.latency_ms, &server.kept);
            // Writing to a string cannot fail.
            let _ = writeln!(
                table,
                "| {} | {} | {} | {:.0} ({:.0} to {:.0}) | {:.2} | {:.2} | {} | {} | {} | {} |",
                level.clients,
                server.name,
                server.transport,
                rate.p50,
                rate.min,
                rate.max,
                latency.p50,
                latency.p99,
                server.refused,
                kept.acknowledged,
                kept.lost,
                kept.doubled,
            );
        }
    }
    for line in skipped {
        let _ = writeln!(table, "\nSKIPPED: {line}");
    }
    table
}
