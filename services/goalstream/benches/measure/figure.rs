//! A result as a machine reads it: one object a figure, with the bar it has to reach.

use std::ops::RangeInclusive;

use serde::Serialize;

use super::Machine;

/// One measured figure.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// What was measured, as words with dots from wide to narrow.
    pub(crate) figure: String,
    /// Of `value`.
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
    /// The value over the peer's, or over the limit's, measured in the same run; none for a figure that has no peer.
    pub(crate) ratio: Option<f64>,
    /// What the ratio has to reach; the value, when there is no ratio. None for a figure that only informs.
    pub(crate) bar: Option<RangeInclusive<f64>>,
}

/// `>= 10`, `<= 3`: bars are open on one side.
pub(crate) fn bar_text(bar: &RangeInclusive<f64>) -> String {
    if bar.end().is_infinite() { format!(">= {}", bar.start()) } else { format!("<= {}", bar.end()) }
}

#[derive(Serialize)]
struct Line<'a> {
    bench: &'a str,
    figure: &'a str,
    unit: &'a str,
    value: f64,
    ratio: Option<f64>,
    bar: Option<String>,
    pass: Option<bool>,
    #[serde(flatten)]
    machine: &'a Machine,
    others_used: f64,
}

/// JSON, one line a figure.
pub(crate) fn lines(
    bench: &str,
    figures: &[Figure],
    machine: &Machine,
    others_used: f64,
) -> serde_json::Result<String> {
    let line = |figure: &Figure| {
        let judged = figure.ratio.unwrap_or(figure.value);
        serde_json::to_string(&Line {
            bench,
            figure: &figure.figure,
            unit: figure.unit,
            value: figure.value,
            ratio: figure.ratio,
            bar: figure.bar.as_ref().map(bar_text),
            pass: figure.bar.as_ref().map(|bar| bar.contains(&judged)),
            machine,
            others_used,
        })
    };
    let lines: Vec<String> = figures.iter().map(line).collect::<Result<_, _>>()?;
    Ok(lines.join("\n"))
}
