// What happened, newest first, held back while the reader is reading.

import { subjectTitle, tell, type FeedEvent, type Sentence } from './events';

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

/** Older entries leave the page; the log keeps them. */
export const ENTRIES_MAX = 300;

export class Activity {
  shown = $state.raw<Entry[]>([]);
  waiting = $state.raw<Entry[]>([]);
  paused = $state(false);
  /** The reader has scrolled down: what they read must not move. */
  scrolled = $state(false);

  /** Takes `events` in the order of the log; those up to the position `freshAfter` are history. Returns them as entries, newest first. */
  add(events: FeedEvent[], freshAfter: number): Entry[] {
    const entries = events.map((event) => this.entry(event, freshAfter)).reverse();
    const fresh = entries.some((entry) => entry.fresh);
    if (fresh && (this.paused || this.scrolled)) this.waiting = [...entries, ...this.waiting].slice(0, ENTRIES_MAX);
    else this.shown = [...entries, ...this.waiting, ...this.shown].slice(0, ENTRIES_MAX);
    return entries;
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
    [this.shown, this.waiting] = [[], []];
  }

  private entry(event: FeedEvent, freshAfter: number): Entry {
    const { position, at, actor, actor_kind, goal, subject } = event.meta;
    return { ...tell(event), position, at, actor, actorKind: actor_kind, goal, subject, title: subjectTitle(event), fresh: position > freshAfter, type: event.type };
  }
}
