//! Writes docs/TOOLS.md to standard output.

use std::io::{self, Write};

fn main() -> io::Result<()> {
    io::stdout().write_all(mcp::manual::tools().as_bytes())
}
