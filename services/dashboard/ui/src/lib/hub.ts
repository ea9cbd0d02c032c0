// One connection to the log for all tabs of a browser. It lives in a worker that the tabs share, so no tab owns it.
//
// A tab says which position it has seen and is given everything after it: from what is kept here, else from a stream that begins
// there. Others may then hear something twice; whoever listens drops what is not after their own position.

import { EVENT_TYPES, streamAfter } from './stream';

/** What a tab sends. */
export type Asked = { open: number; after: number } | { close: number };
/** What a tab is sent. `open` says for which of its streams; `ready` is the worker's first word. */
export type Told = { ready: true } | { open: number; type: string; data?: string; readyState: number };

/** Our part of EventSource. */
export interface Source {
  addEventListener(type: string, listener: (message: { data?: string; lastEventId?: string }) => void): void;
  readonly readyState: number;
  close(): void;
}

/** Whoever listens; `after` is what they have seen. */
interface Member {
  after: number;
  tell(type: string, data: string | undefined, readyState: number): void;
}

/** So many frames are kept for tabs that come later. */
export const FRAMES_KEPT_MAX = 1000;

const CLOSED = 2;

export class Hub {
  private source?: Source;
  private hello?: string;
  private members = new Set<Member>();
  private frames: { type: string; data?: string; position: number }[] = [];
  /** Everything after this position is among the frames. */
  private since = 0;

  constructor(private readonly open: (url: string) => Source) {}

  /** Returns how to leave. The last to leave closes the connection. */
  join(after: number, tell: Member['tell']): () => void {
    const member = { after, tell };
    this.members.add(member);
    if (this.source && this.hello !== undefined && after >= this.since) this.welcome(member, this.hello);
    else this.connect();
    return () => this.leave(member);
  }

  private leave(member: Member): void {
    if (this.members.delete(member) && this.members.size === 0) this.disconnect();
  }

  private welcome(member: Member, hello: string): void {
    member.tell('hello', hello, this.source?.readyState ?? CLOSED);
    for (const { type, data, position } of this.frames) if (position > member.after) this.pass(member, type, data, position);
  }

  /** Begins where the one who has seen least is. */
  private connect(): void {
    this.disconnect();
    this.since = Math.min(...[...this.members].map(({ after }) => after));
    const source = this.open(streamAfter(this.since));
    this.source = source;
    const on = (type: string, heard: (data: string | undefined, position: number) => void) =>
      source.addEventListener(type, ({ data, lastEventId }) => {
        if (source === this.source) heard(data, Number(lastEventId));
      });
    on('hello', (data) => this.tellAll('hello', (this.hello = data ?? '{}')));
    on('reset', (data) => this.tellAll('reset', data));
    on('bye', (data) => this.tellAll('bye', data));
    on('server_status', (data) => this.tellAll('server_status', data));
    on('error', () => this.failed());
    for (const type of EVENT_TYPES) on(type, (data, position) => this.frame(type, data, position));
  }

  private disconnect(): void {
    this.source?.close();
    [this.source, this.hello, this.frames] = [undefined, undefined, []];
  }

  /** Until it says hello again, whoever joins has it tried anew at once. */
  private failed(): void {
    const { source } = this;
    this.hello = undefined;
    this.tellAll('error', undefined);
    if (source?.readyState === CLOSED && source === this.source) this.disconnect();
  }

  private frame(type: string, data: string | undefined, position: number): void {
    this.frames.push({ type, data, position });
    if (this.frames.length > FRAMES_KEPT_MAX) this.since = this.frames.shift()?.position ?? this.since;
    for (const member of this.members) this.pass(member, type, data, position);
  }

  private pass(member: Member, type: string, data: string | undefined, position: number): void {
    member.after = Math.max(member.after, position);
    member.tell(type, data, this.source?.readyState ?? CLOSED);
  }

  /** Whoever is told may leave, and come back at once. */
  private tellAll(type: string, data: string | undefined): void {
    const readyState = this.source?.readyState ?? CLOSED;
    for (const member of [...this.members]) member.tell(type, data, readyState);
  }
}
