// Records of the log, newest first: the head kept current by the feed, older ones by page, and held back while somebody reads.

import { reasonOf } from './api';
import { cursorAt, readLog, type LogFilter, type LogPage, type LogRecord } from './log';
import { Pacer, wait } from './pacer';

/** More than this many are not kept; the log keeps them. */
export const RECORDS_MAX = 2000;
/** What one reading of the newest asks for. */
const NEWS_MAX = 500;

export type ReadLog = typeof readLog;

export class Records {
  shown = $state.raw<LogRecord[]>([]);
  waiting = $state.raw<LogRecord[]>([]);
  /** Where older ones begin, if there are any. */
  next = $state<string>();
  state = $state<'reading' | 'ready' | 'failed'>('reading');
  failure = $state('');
  /** Newer ones wait while this is so: somebody is reading further down, or has paused. */
  held = $state(false);
  /** What is shown begins in the past, so that nothing new belongs to it. */
  anchored = $state(false);

  private filter: LogFilter = {};
  private head = 0;
  /** More happened than was read: what waits is not whole and is read anew when it is let in. */
  private missed = false;
  private asked = new AbortController();
  private pacer = new Pacer(() => this.readNews(), wait);

  constructor(private readonly readLog: ReadLog = defaultRead) {}

  /** Shows what `filter` lets through, from `before` downwards or from the newest. */
  look(filter: LogFilter, before?: number): void {
    this.filter = filter;
    this.anchored = before !== undefined || filter.cause !== undefined || filter.until !== undefined;
    void this.begin(before);
  }

  /** The feed has told of this position. */
  follow(position: number): void {
    if (!this.anchored && position > this.head && this.state === 'ready') this.pacer.nudge();
  }

  async older(): Promise<void> {
    const { next } = this;
    if (!next || this.shown.length >= RECORDS_MAX) return;
    this.next = undefined;
    await this.page(next).then(
      (page) => page && ([this.shown, this.next] = [[...this.shown, ...page.events], page.next]),
      () => (this.next = next),
    );
  }

  /** Lets in what waits. */
  release(): void {
    this.held = false;
    if (this.missed) return void this.begin();
    if (this.waiting.length === 0) return;
    this.lead(this.waiting);
    this.waiting = [];
  }

  close(): void {
    this.pacer.stop();
    this.asked.abort();
  }

  again = (): void => void this.begin();

  private async begin(before?: number): Promise<void> {
    this.asked.abort();
    this.asked = new AbortController();
    [this.waiting, this.missed, this.state] = [[], false, 'reading'];
    try {
      const page = await this.page(before === undefined ? undefined : cursorAt(before));
      if (!page) return;
      [this.shown, this.next, this.head, this.state] = [page.events, page.next, page.position, 'ready'];
    } catch (error) {
      [this.failure, this.state] = [reasonOf(error), 'failed'];
    }
  }

  private async readNews(): Promise<void> {
    const { signal } = this.asked;
    // A failed reading is made good by the next event, or by the page's own return.
    const page = await this.readLog({ ...this.filter, since: String(this.head) }, undefined, signal, NEWS_MAX).catch(() => undefined);
    if (!page || signal.aborted) return;
    this.head = page.position;
    if (page.next) this.missed = true;
    if (this.missed && !this.held) return void this.begin();
    if (this.held) this.waiting = [...page.events, ...this.waiting].slice(0, RECORDS_MAX);
    else this.lead(page.events);
  }

  /** Puts `records` before those that are shown. What is too much goes at the other end, and can be asked for again. */
  private lead(records: LogRecord[]): void {
    const all = [...records, ...this.shown];
    this.shown = all.slice(0, RECORDS_MAX);
    const last = this.shown.at(-1);
    if (last && all.length > RECORDS_MAX) this.next = cursorAt(last.position - 1);
  }

  /** Nothing when something else has been asked for meanwhile. */
  private async page(cursor?: string): Promise<LogPage | undefined> {
    const { signal } = this.asked;
    const page = await this.readLog(this.filter, cursor, signal).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    return signal.aborted ? undefined : page;
  }
}

const defaultRead: ReadLog = (...wanted) => readLog(...wanted);
