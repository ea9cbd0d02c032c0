//! What the dashboard is asked: addresses and headers.

/// The query of an address, and after a line break perhaps the position that a client of the live stream has seen.
pub fn rest_question(data: &[u8]) {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let query = String::from_utf8_lossy(lines.next().unwrap_or_default());
    dashboard::fuzzing::goals(&query);
    dashboard::fuzzing::events(&query, lines.next());
}
