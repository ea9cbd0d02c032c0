// The connection to the log: every event after a position, in order, each once, whatever happens to the network.
//
// The feed knows no DOM. It is given a way to open a stream, to read a snapshot and to wait, and it tells three things: a
// snapshot to start from, an event to show, and how the connection is. Positions are contiguous; an event at or below the last
// position is a repeat and is dropped, a jump is a hole and is mended by reading the snapshot again.

import type { Snapshot } from './api';
import type { FeedEvent } from './events';
import { HISTORY_EVENTS } from './history';
import { EVENT_TYPES, streamAfter } from './stream';

/** live: every event arrives. reconnecting: we are on it. offline: it has not worked for a while. */
export type Connection = 'live' | 'reconnecting' | 'offline';

/** Our part of EventSource. */
export interface Stream {
  addEventListener(type: string, listener: (message: { data?: string }) => void): void;
  readonly readyState: number;
  close(): void;
}

export interface Surroundings {
  open(url: string): Stream;
  snapshot(): Promise<Snapshot>;
  /** Calls back once after a while; returns how to call it off. */
  wait(delay_ms: number, then: () => void): () => void;
  /** From 0 to below 1. */
  chance(): number;
}

export interface Listener {
  /** Begin again from this; `fresh` when the log is another one and all that is shown must go. */
  begin(snapshot: Snapshot, fresh: boolean): void;
  event(event: FeedEvent): void;
  connected(state: Connection): void;
  /** A part of the installation is not as it was. */
  serversChanged(): void;
}

/** Waits between attempts of our own double from the first to the last of these. */
export const RETRY_FIRST_MS = 1000;
export const RETRY_MAX_MS = 30_000;
/** From then on we call it offline; we go on trying. */
export const OFFLINE_AFTER_MS = 10_000;
/** The snapshot is read again for a reset, another epoch or a hole at most this often. */
export const RESYNC_PAUSE_MS = 5000;

const CLOSED = 2;
const NOT_WAITING = () => {};

export class Feed {
  /** The last position that was told, 0 before the first. */
  position = 0;
  epoch = '';

  private stream?: Stream;
  private state: Connection = 'reconnecting';
  private attempts = 0;
  private reading = false;
  private resynced = false;
  /** What we have seen is not in the log any more: whatever is read next replaces it. */
  private overtaken = false;
  private cancelRetry = NOT_WAITING;
  private cancelOffline = NOT_WAITING;

  constructor(
    private readonly around: Surroundings,
    private readonly listener: Listener,
  ) {}

  /** Starts from the snapshot in the page, else reads one. */
  start(snapshot?: Snapshot): void {
    this.lose();
    if (snapshot) this.begin(snapshot);
    else void this.refetch();
  }

  /** The network is back, or the page is looked at again: do not sit out the wait. */
  nudge(): void {
    if (this.state === 'live' || this.reading) return;
    this.attempts = 0;
    this.reopen();
  }

  /** The browser knows that there is no network. */
  lost(): void {
    this.lose();
    this.say('offline');
  }

  stop(): void {
    this.cancelRetry();
    this.cancelOffline();
    this.stream?.close();
    this.stream = undefined;
  }

  private begin(snapshot: Snapshot): void {
    const fresh = this.overtaken || (this.epoch !== '' && snapshot.epoch !== this.epoch);
    this.overtaken = false;
    const seen = fresh ? 0 : this.position;
    this.epoch = snapshot.epoch;
    // The events just before the snapshot are shown as well; their rows are old news and are dropped by version.
    this.position = Math.max(seen, snapshot.position - HISTORY_EVENTS, 0);
    this.listener.begin(snapshot, fresh);
    this.reopen();
  }

  private reopen(): void {
    this.cancelRetry();
    this.stream?.close();
    if (this.epoch === '') return void this.refetch();
    const stream = this.around.open(streamAfter(this.position));
    this.stream = stream;
    // A frame of a stream that was given up must not be heard any more.
    const on = (type: string, heard: (data: string) => void) =>
      stream.addEventListener(type, (message) => {
        if (stream === this.stream) heard(message.data ?? '');
      });
    on('hello', (data) => this.hello(JSON.parse(data) as { epoch: string }));
    on('reset', (data) => this.reset(JSON.parse(data || '{}') as { head?: number }));
    on('bye', (data) => this.bye(JSON.parse(data || '{}') as { retry_ms?: number }));
    on('server_status', () => this.listener.serversChanged());
    on('error', () => this.failed(stream));
    for (const type of EVENT_TYPES) on(type, (data) => this.frame(JSON.parse(data) as FeedEvent));
  }

  private hello({ epoch }: { epoch: string }): void {
    if (epoch !== this.epoch) return this.resync();
    this.attempts = 0;
    this.cancelOffline();
    this.cancelOffline = NOT_WAITING;
    this.say('live');
  }

  /** A server that names the log's head says that our position lies beyond it: an older log was restored, and ours is not told any more. */
  private reset({ head }: { head?: number }): void {
    if (head !== undefined && head < this.position) this.overtaken = true;
    this.resync();
  }

  private frame(event: FeedEvent): void {
    const { position } = event.meta;
    if (position <= this.position) return;
    const hole = position !== this.position + 1;
    this.position = position;
    this.listener.event(event);
    if (hole) this.resync();
  }

  /** Begins again from a new snapshot: at once the first time, then only after a pause, so that it never becomes polling. */
  private resync(): void {
    if (!this.resynced) {
      this.resynced = true;
      this.around.wait(RESYNC_PAUSE_MS, () => (this.resynced = false));
      return void this.refetch();
    }
    this.drop();
    this.cancelRetry = this.around.wait(RESYNC_PAUSE_MS, () => void this.refetch());
  }

  private bye({ retry_ms = RETRY_FIRST_MS }: { retry_ms?: number }): void {
    this.drop();
    this.retry(Math.min(retry_ms, RETRY_MAX_MS));
  }

  /** While the browser reconnects by itself (and sends Last-Event-ID) we only watch; once it has given up, we go on. */
  private failed(stream: Stream): void {
    this.lose();
    if (stream.readyState === CLOSED) this.retry(this.backoff_ms());
  }

  private async refetch(): Promise<void> {
    this.drop();
    if (this.reading) return;
    this.reading = true;
    try {
      const snapshot = await this.around.snapshot();
      this.reading = false;
      this.begin(snapshot);
    } catch {
      this.reading = false;
      this.cancelRetry = this.around.wait(this.backoff_ms(), () => void this.refetch());
    }
  }

  private drop(): void {
    this.cancelRetry();
    this.stream?.close();
    this.stream = undefined;
    this.lose();
  }

  private retry(delay_ms: number): void {
    this.cancelRetry();
    // Half again at most, so that a thousand pages do not return in one instant.
    this.cancelRetry = this.around.wait(delay_ms * (1 + this.around.chance() / 2), () => this.reopen());
  }

  private backoff_ms(): number {
    return Math.min(RETRY_FIRST_MS * 2 ** this.attempts++, RETRY_MAX_MS);
  }

  private lose(): void {
    if (this.cancelOffline !== NOT_WAITING) return;
    this.say('reconnecting');
    this.cancelOffline = this.around.wait(OFFLINE_AFTER_MS, () => this.say('offline'));
  }

  private say(state: Connection): void {
    if (state === this.state) return;
    this.state = state;
    this.listener.connected(state);
  }
}
