//! The MCP door over stdio, from a line to a typed request.

/// A line of standard input.
pub fn mcp_message(data: &[u8]) {
    mcp::fuzzing::line(data);
}
