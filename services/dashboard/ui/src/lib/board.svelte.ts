// All the page shows, kept current by the feed. Frames are gathered for one drawing of the screen and applied together.

import type { Acting } from './acting.svelte';
import { Activity } from './activity.svelte';
import { Announcer } from './announcer.svelte';
import { readGoals, type Snapshot } from './api';
import type { FeedEvent } from './events';
import { Feed, type Connection, type Listener } from './feed';
import { wait } from './pacer';
import { Reader } from './reader.svelte';
import { forgetMissing } from './rows';
import { shared, type Shared } from './shared';

/** More frames than this are applied at once, also while the page is hidden and draws nothing. */
const FRAMES_MAX = 500;
/** Whoever waits for a position or a row waits no longer than this; what was done is done, and the rows come when they come. */
const HEARD_MS_MAX = 10_000;

export class Board extends Reader implements Listener {
  announcer = new Announcer();
  activity = new Activity((fresh) => this.announcer.tell(fresh));
  /** Comes with the rest of the page, before any part that acts. */
  acting!: Acting;
  connection = $state<Connection>('reconnecting');
  /** Whether there has been a connection. */
  wasLive = false;
  /** When the connection was lost; while there is one, undefined. */
  lostAt_ms = $state<number>();
  /** How often the servers were told to have changed. */
  serverChanges = $state(0);
  /** Time travel: the position that is looked at instead of now. Nothing can be changed then. */
  at = $state<number>();
  /** The board as it was then. The views show it in the place of this one; it comes with the code of time travel. */
  past = $state.raw<Board>();
  loaded = $state(false);

  private shared?: Shared;
  private feed = new Feed({ open: (url) => (this.shared ??= shared()).open(url), snapshot: () => readGoals(), wait, chance: Math.random }, this);
  private awaited = new Set<{ holds: () => boolean; heard: () => void }>();
  private frames: FeedEvent[] = [];
  private historyEnd = 0;

  start(snapshot?: Snapshot): void {
    addEventListener('online', () => this.feed.nudge());
    addEventListener('offline', () => this.feed.lost());
    document.addEventListener('visibilitychange', () => document.hidden || this.feed.nudge());
    // A page that is put aside gives its stream back; one that is taken up again cannot know what it missed.
    addEventListener('pagehide', () => this.feed.stop());
    addEventListener('pageshow', ({ persisted }) => persisted && this.feed.start());
    this.lostAt_ms = Date.now();
    this.feed.start(snapshot);
  }

  begin(snapshot: Snapshot, fresh: boolean): void {
    this.apply();
    if (fresh) {
      this.goals.clear();
      this.tasks.clear();
      this.activity.clear();
      this.position = 0;
    }
    // Older pages were not read again, so what they held may be out of date; they can be asked for again.
    forgetMissing(this.goals, snapshot.goals, snapshot.position, ({ id }) => id !== this.opened);
    this.floor = Infinity;
    this.addPage(snapshot);
    this.position = this.historyEnd = Math.max(this.position, snapshot.position);
    const again = this.loaded;
    this.loaded = true;
    if (again && this.opened) void this.readOpened(this.opened);
    if (again) this.search.again();
    for (const watcher of this.watchers) watcher.begun?.(fresh);
    this.hear();
  }

  event(event: FeedEvent): void {
    if (this.frames.push(event) === 1) requestAnimationFrame(() => this.apply());
    if (this.frames.length >= FRAMES_MAX) this.apply();
  }

  connected(state: Connection): void {
    this.apply();
    this.connection = state;
    if (state !== 'live') return void (this.lostAt_ms ??= Date.now());
    this.wasLive = true;
    this.lostAt_ms = undefined;
    // What could not be read meanwhile can now, and nobody should have to ask for it.
    if (this.opened && this.opening === 'failed') void this.readOpened(this.opened);
  }

  serversChanged(): void {
    this.serverChanges += 1;
  }

  /** Resolves once everything up to `position` is shown, or when that takes too long. */
  until(position: number): Promise<void> {
    return this.untilThat(() => position <= this.position);
  }

  /** Resolves once this row is at `version` or beyond, or when that takes too long. */
  untilRow(id: string, version: number): Promise<void> {
    return this.untilThat(() => version <= (this.row(id)?.version ?? 0));
  }

  private untilThat(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = { holds, heard: resolve };
      this.awaited.add(waiting);
      wait(HEARD_MS_MAX, () => this.awaited.delete(waiting) && resolve());
    });
  }

  private apply(): void {
    const frames = this.frames;
    if (frames.length === 0) return;
    this.frames = [];
    this.takeFrames(frames);
    this.activity.add(frames, this.historyEnd);
    for (const watcher of this.watchers) watcher.frames?.(frames);
    this.hear();
  }

  private hear(): void {
    for (const waiting of this.awaited) if (waiting.holds() && this.awaited.delete(waiting)) waiting.heard();
  }
}
