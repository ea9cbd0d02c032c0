//! Lines of bounded length from a stream of bytes.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, without its end.
    Whole(Vec<u8>),
    /// A line longer than allowed; it has been skipped.
    TooLong,
}

/// Reads lines, keeping at most `bytes_max` of one in memory.
pub(super) struct Lines<R> {
    input: BufReader<R>,
    bytes_max: usize,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(input: R, bytes_max: usize) -> Self {
        Self { input: BufReader::new(input), bytes_max }
    }

    /// The next line; `None` at the end. A last line without an end counts.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        let mut too_long = false;
        loop {
            let available = self.input.fill_buf().await?;
            if available.is_empty() {
                return Ok(if line.is_empty() && !too_long { None } else { Some(whole(line, too_long)) });
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let piece = &available[..end.unwrap_or(available.len())];
            too_long |= line.len() + piece.len() > self.bytes_max;
            if too_long {
                line = Vec::new();
            } else {
                line.extend_from_slice(piece);
            }
            let consumed = end.map_or(available.len(), |end| end + 1);
            self.input.consume(consumed);
            if end.is_some() {
                return Ok(Some(whole(line, too_long)));
            }
        }
    }
}

fn whole(mut line: Vec<u8>, too_long: bool) -> Line {
    if too_long {
        return Line::TooLong;
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Line::Whole(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_end_at_line_feeds_and_at_the_end() {
        let mut lines = Lines::new(&b"one\r\n\ntwo"[..], 10);
        assert_eq!(lines.next().await.unwrap(), Some(Line::Whole(b"one".to_vec())));
        assert_eq!(lines.next().await.unwrap(), Some(Line::Whole(Vec::new())));
        assert_eq!(lines.next().await.unwrap(), Some(Line::Whole(b"two".to_vec())));
        assert_eq!(lines.next().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_skipped_whole() {
        let mut input = vec![b'x'; 100_000];
        input.extend_from_slice(b"\nnext\n");
        let mut lines = Lines::new(input.as_slice(), 50_000);
        assert_eq!(lines.next().await.unwrap(), Some(Line::TooLong));
        assert_eq!(lines.next().await.unwrap(), Some(Line::Whole(b"next".to_vec())));
    }
}
