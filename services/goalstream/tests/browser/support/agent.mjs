// An agent that calls tools over MCP's HTTP transport. Each request stands alone, so it does not notice a restart.

const VERSION = '2026-07-28';
const META = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientInfo': { name: 'browser-test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** Returns a function that calls a tool by name and answers its structured content. */
export function agentOf(url) {
  let id = 0;
  return async (tool, args) => {
    const body = { jsonrpc: '2.0', id: ++id, method: 'tools/call', params: { name: tool, arguments: args, _meta: META } };
    const response = await fetch(`${url}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': VERSION,
        'mcp-method': 'tools/call',
        'mcp-name': tool,
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${tool}: ${response.status} ${text}`);
    const { result, error } = JSON.parse(text.startsWith('{') ? text : text.match(/^data: (\{.*)$/m)[1]);
    if (error || result.isError) throw new Error(`${tool}: ${JSON.stringify(error ?? result)}`);
    return result.structuredContent;
  };
}
