//! The rates as a picture.

use std::fmt::Write;

use super::rounds::Level;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 340.0;
/// Of the bars' feet, from the top.
const GROUND: f64 = 290.0;
/// Of the highest bar.
const BAR_HEIGHT_MAX: f64 = 210.0;
const BAR_WIDTH: f64 = 40.0;
const COLOURS: [&str; 4] = ["#0b6e4f", "#6bbf9a", "#b5651d", "#e0a96d"];

/// SVG: a group of bars for each number of writers, one bar a store, its rate above it.
pub(crate) fn draw(levels: &[Level]) -> String {
    let highest = levels.iter().flat_map(|level| &level.stores).map(|store| store.rate.p50).fold(1.0, f64::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\" \
         fill=\"#222\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"20\" y=\"24\" font-size=\"15\">Durable commands a second, by writers at the same time</text>\n"
    );
    let group_width = (WIDTH - 40.0) / as_number(levels.len());
    for (group, level) in levels.iter().enumerate() {
        let bars = as_number(level.stores.len()) * BAR_WIDTH;
        let left = 20.0 + group_width * as_number(group) + (group_width - bars) / 2.0;
        for (place, store) in level.stores.iter().enumerate() {
            let height = store.rate.p50 / highest * BAR_HEIGHT_MAX;
            let (x, y) = (left + BAR_WIDTH * as_number(place), GROUND - height);
            let colour = COLOURS[place % COLOURS.len()];
            let (middle, above, width) = (x + BAR_WIDTH / 2.0, y - 4.0, BAR_WIDTH - 3.0);
            let rate = store.rate.p50;
            // Writing to a string cannot fail.
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.0}\" y=\"{y:.1}\" width=\"{width:.0}\" height=\"{height:.1}\" fill=\"{colour}\"/>\
                 <text x=\"{middle:.0}\" y=\"{above:.1}\" font-size=\"10\" text-anchor=\"middle\">{rate:.0}</text>"
            );
        }
        let (middle, below, writers) = (left + bars / 2.0, GROUND + 16.0, level.writers);
        let _ = writeln!(svg, "<text x=\"{middle:.0}\" y=\"{below:.0}\" text-anchor=\"middle\">{writers}</text>");
    }
    svg.push_str(&legend(levels));
    svg.push_str("</svg>\n");
    svg
}

fn legend(levels: &[Level]) -> String {
    let names = levels.first().map(|level| level.stores.as_slice()).unwrap_or_default();
    let entry = |(place, store): (usize, &super::rounds::Measured)| {
        let (x, y) = (20.0 + 180.0 * as_number(place), HEIGHT - 14.0);
        let (colour, square, text, name) = (COLOURS[place % COLOURS.len()], y - 10.0, x + 16.0, &store.name);
        format!(
            "<rect x=\"{x}\" y=\"{square}\" width=\"11\" height=\"11\" fill=\"{colour}\"/><text x=\"{text}\" y=\"{y}\">{name}</text>\n"
        )
    };
    names.iter().enumerate().map(entry).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a handful of bars")]
fn as_number(count: usize) -> f64 {
    count as f64
}
