//! Bodies of writes, as programs and the page send them.

/// The name of a command, and after a line break what it is sent with.
pub fn rest_command(data: &[u8]) {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let name = String::from_utf8_lossy(lines.next().unwrap_or_default());
    dashboard::fuzzing::command(name.trim(), lines.next().unwrap_or_default());
}
