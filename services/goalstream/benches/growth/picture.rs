//! The growth as a picture: what each kind of work costs, as many times what it costs at the first size.

use std::fmt::Write;

use super::Size;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 340.0;
/// Of the plot within the picture.
const LEFT: f64 = 60.0;
const RIGHT: f64 = 600.0;
const TOP: f64 = 50.0;
const GROUND: f64 = 290.0;
/// The axis goes from a half to a thousand times.
const LEAST: f64 = 0.5;
const MOST: f64 = 1_000.0;
const GRID: [f64; 5] = [0.5, 1.0, 10.0, 100.0, 1_000.0];
const COLOURS: [&str; 4] = ["#0b6e4f", "#2f5d9b", "#b5651d", "#888888"];

/// What one kind of work costs at a size.
type Cost = fn(&Size) -> f64;

/// SVG: both axes are logarithmic, so what does not grow is a level line.
pub(super) fn draw(sizes: &[Size]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\" \
         fill=\"#222\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"20\" y=\"24\" font-size=\"15\">What work costs as the log grows, against the smallest log</text>\n"
    );
    for times in GRID {
        let (y, below) = (height(times), height(times) + 4.0);
        // Writing to a string cannot fail.
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{below:.1}\" text-anchor=\"end\">{times}x</text>",
            LEFT - 8.0
        );
    }
    for size in sizes {
        let (x, below, events) = (place(size, sizes), GROUND + 18.0, size.events);
        let _ = writeln!(svg, "<text x=\"{x:.0}\" y=\"{below}\" text-anchor=\"middle\">{events} events</text>");
    }
    let kinds: [(&str, Cost); 4] = [
        ("append, p50", |size| size.append_ms.p50),
        ("get, p50", |size| size.get_ms.p50),
        ("find, p50", |size| size.find_ms.p50),
        ("rebuild", |size| size.rebuild_seconds),
    ];
    for (number, ((name, cost), colour)) in (0..).zip(kinds.into_iter().zip(COLOURS)) {
        svg.push_str(&line(sizes, cost, colour));
        let (x, y) = (RIGHT + 40.0, TOP + 20.0 * f64::from(number));
        let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" fill=\"{colour}\">{name}</text>");
    }
    svg.push_str("</svg>\n");
    svg
}

fn line(sizes: &[Size], cost: Cost, colour: &str) -> String {
    let Some(first) = sizes.first().map(cost) else { return String::new() };
    let point = |size: &Size| format!("{:.1},{:.1}", place(size, sizes), height(cost(size) / first));
    let points: Vec<String> = sizes.iter().map(point).collect();
    format!("<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n", points.join(" "))
}

/// From the top, for so many times the first cost.
fn height(times: f64) -> f64 {
    GROUND - (times.clamp(LEAST, MOST) / LEAST).ln() / (MOST / LEAST).ln() * (GROUND - TOP)
}

/// From the left.
#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn place(size: &Size, sizes: &[Size]) -> f64 {
    let span = |from: &Size, to: &Size| (to.events as f64 / from.events.max(1) as f64).ln();
    let (Some(first), Some(last)) = (sizes.first(), sizes.last()) else { return LEFT };
    let margin = 50.0;
    let whole = span(first, last).max(f64::MIN_POSITIVE);
    LEFT + margin + span(first, size) / whole * (RIGHT - LEFT - 2.0 * margin)
}
