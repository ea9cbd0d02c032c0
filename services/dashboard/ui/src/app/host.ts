// Speaks with the client that shows this page: JSON-RPC over postMessage, by the specification of MCP Apps of 2026-01-26 (SEP-1865).
// The official library weighs four times as much as this whole page; a page that shows and reads needs no more of it than is here.

import type { Answer } from './answer';

export const PROTOCOL_VERSION = '2026-01-26';
/** How long the client may take for what it has to ask its server, or its user. */
const ANSWER_MS_MAX = 60_000;
/** By JSON-RPC: there is no such method. */
const METHOD_NOT_FOUND = -32601;

/** What the client says of itself and of the place it shows us in. Each field may be missing. */
export interface Context {
  theme?: 'light' | 'dark';
  styles?: { variables?: Record<string, string | undefined>; css?: { fonts?: string } };
}

interface Initialized {
  hostCapabilities?: { serverTools?: object; openLinks?: object };
  hostContext?: Context;
}

interface Message {
  jsonrpc: '2.0';
  id?: number | string;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { code: number; message: string };
}

/** Where messages go and come from; the window around us, except in tests. */
export interface Port {
  post(message: object): void;
  listen(take: (message: unknown) => void): void;
}

/** Has the client call a tool of the server that we came from. */
export type Call = (name: string, args: object) => Promise<Answer>;

export interface Listener {
  /** Before anything else is told; without `call` the client lets pages call nothing. */
  connected(call: Call | undefined): void;
  /** The tool's arguments, as soon as they are whole. */
  asked(args: Record<string, unknown>): void;
  answered(answer: Answer): void;
  cancelled(reason?: string): void;
  placed(context: Context): void;
}

export class Host {
  private canOpen = false;
  private waiting = new Map<number | string, (message: Message) => void>();
  private lastId = 0;

  constructor(
    private port: Port,
    private listener: Listener,
  ) {
    port.listen((message) => this.take(message as Message));
  }

  async connect(name: string, version: string): Promise<void> {
    const { hostCapabilities, hostContext } = (await this.request('ui/initialize', {
      protocolVersion: PROTOCOL_VERSION,
      appInfo: { name, version },
      appCapabilities: { availableDisplayModes: ['inline', 'fullscreen'] },
    })) as Initialized;
    this.listener.connected(hostCapabilities?.serverTools && ((tool, args) => this.call(tool, args)));
    this.canOpen = hostCapabilities?.openLinks !== undefined;
    this.listener.placed(hostContext ?? {});
    this.notify('ui/notifications/initialized', {});
  }

  /** Has the client open a link outside of the chat. */
  open(url: string): void {
    if (!this.canOpen) return;
    // A client that does not open it has told its user why.
    this.request('ui/open-link', { url }).catch(() => {});
  }

  resized(width: number, height: number): void {
    this.notify('ui/notifications/size-changed', { width, height });
  }

  private call(name: string, args: object): Promise<Answer> {
    return this.request('tools/call', { name, arguments: args }) as Promise<Answer>;
  }

  private notify(method: string, params: object): void {
    this.port.post({ jsonrpc: '2.0', method, params });
  }

  private request(method: string, params: object): Promise<unknown> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        clearTimeout(late);
        this.waiting.delete(id);
        end();
      };
      const late = setTimeout(() => settle(() => reject(new Error('the client did not answer'))), ANSWER_MS_MAX);
      this.waiting.set(id, ({ result, error }) => settle(() => (error ? reject(new Error(error.message)) : resolve(result ?? {}))));
      this.port.post({ jsonrpc: '2.0', id, method, params });
    });
  }

  private take(message: Message): void {
    // Other pages and extensions post to windows too.
    if (message?.jsonrpc !== '2.0') return;
    const { id, method } = message;
    if (method === undefined) return id === undefined ? undefined : this.waiting.get(id)?.(message);
    if (id !== undefined) return this.reply(id, method);
    const params = (message.params ?? {}) as Record<string, unknown>;
    switch (method) {
      case 'ui/notifications/tool-input': return this.listener.asked((params.arguments ?? {}) as Record<string, unknown>);
      case 'ui/notifications/tool-result': return this.listener.answered(params);
      case 'ui/notifications/tool-cancelled': return this.listener.cancelled(params.reason as string | undefined);
      case 'ui/notifications/host-context-changed': return this.listener.placed(params);
    }
  }

  /** We hold nothing that would be lost when the client takes us down, so both are answered at once. */
  private reply(id: number | string, method: string): void {
    const known = method === 'ping' || method === 'ui/resource-teardown';
    this.port.post({ jsonrpc: '2.0', id, ...(known ? { result: {} } : { error: { code: METHOD_NOT_FOUND, message: method } }) });
  }
}

/** The client's window. Only it is listened to. Its origin is unknown here, and nothing that is sent to it is a secret from it. */
export function parentWindow(): Port {
  return {
    post: (message) => window.parent.postMessage(message, '*'),
    listen: (take) => addEventListener('message', ({ source, data }) => source === window.parent && take(data)),
  };
}
