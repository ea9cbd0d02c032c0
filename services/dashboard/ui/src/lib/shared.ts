// How a tab hears the log: through the worker that the tabs share, or by a connection of its own where there is no such worker.

import type { Stream } from './feed';
import type { Asked, Told } from './hub';

/** A worker that has not said a word by then is not coming. */
export const WORKER_MS_MAX = 4000;

const CONNECTING = 0;
const CLOSED = 2;

/** Our part of a port to the worker. */
export interface Port {
  postMessage(asked: Asked): void;
  onmessage: ((event: { data: Told }) => void) | null;
}

/** Opens streams over one port, until that turns out not to work; from then on, by `alone`. */
export class Shared {
  private streams = new Map<number, PortStream>();
  private last = 0;
  private isBroken = false;
  private isReady = false;

  constructor(
    private readonly port: Port | undefined,
    private readonly alone: (url: string) => Stream,
    wait: (delay_ms: number, then: () => void) => void,
    /** What the port was asked already, before this was there. */
    private readonly asked?: Asked,
  ) {
    if (!port) return;
    port.onmessage = ({ data }) => this.heard(data);
    wait(WORKER_MS_MAX, () => this.isReady || this.broken());
  }

  readonly open = (url: string): Stream => {
    if (!this.port || this.isBroken) return this.alone(url);
    const [id, port] = [++this.last, this.port];
    const stream = new PortStream(() => {
      if (this.streams.delete(id)) port.postMessage({ close: id });
    });
    this.streams.set(id, stream);
    const asked = { open: id, after: Number(new URLSearchParams(url.split('?')[1]).get('after')) };
    if (JSON.stringify(asked) !== JSON.stringify(this.asked)) port.postMessage(asked);
    return stream;
  };

  /** The worker cannot be had: whoever listens is told, opens again and has a connection of their own. */
  broken(): void {
    if (this.isBroken) return;
    this.isBroken = true;
    const streams = [...this.streams.values()];
    this.streams.clear();
    for (const stream of streams) stream.hear('error', undefined, CLOSED);
  }

  private heard(told: Told): void {
    this.isReady = true;
    if ('ready' in told) return;
    this.streams.get(told.open)?.hear(told.type, told.data, told.readyState);
  }
}

class PortStream implements Stream {
  readyState = CONNECTING;
  private listeners = new Map<string, (message: { data?: string }) => void>();

  constructor(private readonly leave: () => void) {}

  addEventListener(type: string, listener: (message: { data?: string }) => void): void {
    this.listeners.set(type, listener);
  }

  hear(type: string, data: string | undefined, readyState: number): void {
    this.readyState = readyState;
    this.listeners.get(type)?.({ data });
  }

  close(): void {
    this.readyState = CLOSED;
    this.leave();
  }
}

export function shared(): Shared {
  const alone = (url: string) => new EventSource(url);
  const wait = (delay_ms: number, then: () => void) => void setTimeout(then, delay_ms);
  const { worker, asked, asking } = window.early ?? {};
  clearTimeout(asking);
  const made = new Shared(worker?.port as Port | undefined, alone, wait, asked);
  worker?.addEventListener('error', () => made.broken());
  return made;
}
