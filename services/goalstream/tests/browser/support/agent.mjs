// An agent that calls tools over MCP's HTTP transport. Each request stands alone, so it does not notice a restart.

const VERSION = '2026-07-28';
const about = (capabilities, name) => ({
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientInfo': { name, version: '1' },
  'io.modelcontextprotocol/clientCapabilities': capabilities,
});

/** Returns a function that calls a tool by name and answers its structured content. */
export function agentOf(url, name) {
  const request = clientOf(url, {}, name);
  return async (tool, args) => {
    const result = await request('tools/call', { name: tool, arguments: args });
    if (result.isError) throw new Error(`${tool}: ${JSON.stringify(result)}`);
    return result.structuredContent;
  };
}

/** Returns a function that sends any request and answers its result as it came. */
export function clientOf(url, capabilities = {}, client = 'browser-test') {
  let id = 0;
  return async (method, params) => {
    const body = { jsonrpc: '2.0', id: ++id, method, params: { ...params, _meta: about(capabilities, client) } };
    const name = params.name ?? params.uri;
    const response = await fetch(`${url}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': VERSION,
        'mcp-method': method,
        ...(name && { 'mcp-name': name }),
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${name ?? method}: ${response.status} ${text}`);
    const { result, error } = JSON.parse(text.startsWith('{') ? text : text.match(/^data: (\{.*)$/m)[1]);
    if (error) throw new Error(`${name ?? method}: ${JSON.stringify(error)}`);
    return result;
  };
}
