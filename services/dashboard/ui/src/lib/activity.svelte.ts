// What happened, newest first, held back while the reader is reading.

import type { FeedEvent, Sentence } from './events';

export interface Entry extends Sentence {
  position: number;
  at: string;
  actor: string;
  actorKind?: string;
  goal: string;
  subject: string;
  title?: string;
  /** It arrived while we looked, rather than with the history. */
  fresh: boolean;
  type: string;
}

/** How an event is told. */
type EntryOf = (event: FeedEvent, fresh: boolean) => Entry;

/** Older entries leave the page; the log keeps them. */
export const ENTRIES_MAX = 300;

export class Activity {
  shown = $state.raw<Entry[]>([]);
  waiting = $state.raw<Entry[]>([]);
  paused = $state(false);
  /** The reader has scrolled down: what they read must not move. */
  scrolled = $state(false);

  /** The sentences come with the rest of the page; what happened before is told then. */
  private entryOf?: EntryOf;
  private untold: Parameters<EntryOf>[] = [];

  /** `heard` is given what is fresh, newest first. */
  constructor(private readonly heard: (fresh: Entry[]) => void = () => {}) {}

  saidBy(entryOf: EntryOf): void {
    this.entryOf = entryOf;
    this.tell();
  }

  /** Takes `events` in the order of the log; those up to the position `freshAfter` are history. */
  add(events: FeedEvent[], freshAfter: number): void {
    this.untold = [...this.untold, ...events.map((event): Parameters<EntryOf> => [event, event.meta.position > freshAfter])].slice(-ENTRIES_MAX);
    this.tell();
  }

  private tell(): void {
    const { entryOf } = this;
    if (!entryOf || this.untold.length === 0) return;
    const entries = this.untold.map((one) => entryOf(...one)).reverse();
    this.untold = [];
    const fresh = entries.filter((entry) => entry.fresh);
    if (fresh.length > 0 && (this.paused || this.scrolled)) this.waiting = [...entries, ...this.waiting].slice(0, ENTRIES_MAX);
    else this.shown = [...entries, ...this.waiting, ...this.shown].slice(0, ENTRIES_MAX);
    this.heard(fresh);
  }

  /** Shows what waited. */
  release(): void {
    if (this.waiting.length === 0) return;
    this.shown = [...this.waiting, ...this.shown].slice(0, ENTRIES_MAX);
    this.waiting = [];
  }

  toggle(): void {
    this.paused = !this.paused;
    if (!this.paused && !this.scrolled) this.release();
  }

  clear(): void {
    [this.shown, this.waiting, this.untold] = [[], [], []];
  }
}
