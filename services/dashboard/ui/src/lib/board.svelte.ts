// All the page shows, kept current by the feed. Frames are gathered for one drawing of the screen and applied together.

import { SvelteMap } from 'svelte/reactivity';
import { Acting, type Shows } from './acting.svelte';
import type { AnyRow, Patch } from './acts';
import { Activity } from './activity.svelte';
import { Announcer } from './announcer.svelte';
import { findGoals, NotFound, readGoal, readGoals, readTask, type OpenedGoal, type Snapshot } from './api';
import { Feed, RETRY_FIRST_MS, RETRY_MAX_MS, type Connection, type Listener } from './feed';
import { Search } from './search.svelte';
import { shared, type Shared } from './shared';
import { me } from './me.svelte';
import { applyRows, forgetMissing, goalIdOf, idNumber, matches, type GoalRow, type Held, type TaskRow } from './rows';
import type { FeedEvent } from './events';

export type Opening = 'reading' | 'ready' | 'missing' | 'failed';

/** Whoever keeps something of their own current by the feed. */
export interface Watcher extends Partial<Shows> {
  /** What happened, in the order of the log, once for each drawing of the screen. */
  frames?(frames: readonly FeedEvent[]): void;
  /** The row with this id, perhaps not all of it. */
  row?(id: string): TaskRow | undefined;
  /** The board began again from a snapshot: what happened between was not told. `fresh` when the log is another one. */
  begun?(fresh: boolean): void;
}

/** More frames than this are applied at once, also while the page is hidden and draws nothing. */
const FRAMES_MAX = 500;
/** Whoever waits for a position waits no longer than this; what was done is done, and the rows come when they come. */
const HEARD_MS_MAX = 10_000;
/** Rows of tasks whose goal is not open are kept up to this many; they close the gap between reading a goal and its frames. */
const TASKS_MAX = 20_000;

export class Board implements Listener, Shows {
  goals = new SvelteMap<string, Held<GoalRow>>();
  tasks = new SvelteMap<string, Held<TaskRow>>();
  activity = new Activity();
  announcer = new Announcer();
  search: Search;
  acting = new Acting({ shows: () => this.showing(), until: (position) => this.until(position), actor: () => me.name });
  connection = $state<Connection>('reconnecting');
  /** When the connection was lost; while there is one, undefined. */
  lostAt_ms = $state<number>();
  position = $state(0);
  /** How often the servers were told to have changed. */
  serverChanges = $state(0);
  /** Time travel: the position that is looked at instead of now. Nothing can be changed then. */
  at = $state<number>();
  /** The board as it was then. The views show it in the place of this one; it comes with the code of time travel. */
  past = $state.raw<Board>();
  loaded = $state(false);
  next = $state<string>();
  opened = $state<string>();
  opening = $state<Opening>('reading');
  didYouMean = $state.raw<string[]>([]);

  private feed: Feed;
  private shared?: Shared;
  private watchers = new Set<Watcher>();
  private awaited = new Set<{ position: number; heard: () => void }>();
  private frames: FeedEvent[] = [];
  private historyEnd = 0;
  /** The lowest number among the goals read by page; below it the list would have holes. */
  private floor = $state(Infinity);
  private cancelRetry = () => {};
  private retries = 0;
  private asked = 0;

  constructor() {
    this.search = new Search({ find: findGoals, wait, take: (goals, position) => void applyRows(this.goals, goals, position) });
    this.feed = new Feed(
      {
        open: (url) => (this.shared ??= shared()).open(url),
        snapshot: () => readGoals(),
        wait,
        chance: Math.random,
      },
      this,
    );
  }

  /** Newest first; never by time of change, so that nothing moves while it is read. */
  get list(): Held<GoalRow>[] {
    return this.sorted((row) => this.isLoaded(row));
  }

  /** Of the loaded goals those that match in any part of a word, and of all those that the server found. */
  filtered(query: string): Held<GoalRow>[] {
    const id = goalIdOf(query);
    return this.sorted((row) => row.id === id || this.search.found.has(row.id) || (this.isLoaded(row) && matches(row, query.trim())));
  }

  private sorted(isWanted: (row: GoalRow) => boolean): Held<GoalRow>[] {
    return [...this.goals.values()].filter(({ row }) => !row.archived && isWanted(row)).sort((a, b) => idNumber(b.row.id) - idNumber(a.row.id));
  }

  private isLoaded({ id }: GoalRow): boolean {
    return !this.next || idNumber(id) >= this.floor;
  }

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

  /** Tells `watcher` of everything from here on; returns how to stop. */
  watch(watcher: Watcher): () => void {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }

  /** Lets a row look changed until the server has spoken; returns how to take that back, unless a newer row has come. */
  expect(id: string, patch: Patch): (() => void) | undefined {
    const rows = (id.startsWith('GOAL') ? this.goals : this.tasks) as SvelteMap<string, Held<TaskRow>>;
    const held = rows.get(id);
    if (!held) return undefined;
    const row = { ...held.row, ...patch };
    rows.set(id, { ...held, row });
    return () => rows.get(id)?.row === row && rows.set(id, { ...held, changes: held.changes + 1 });
  }

  row(id: string): AnyRow | undefined {
    const held = (this.tasks.get(id) ?? this.goals.get(id))?.row;
    for (const watcher of held ? [] : this.watchers) {
      const row = watcher.row?.(id);
      if (row) return row;
    }
    return held;
  }

  /** One row with everything in it, several as they are; undefined when one cannot be had. */
  async whole(ids: string[]): Promise<AnyRow[] | undefined> {
    const [id] = ids;
    if (ids.length === 1 && id && !this.tasks.has(id) && !this.goals.has(id)) {
      await this.readRow(id).catch(() => {});
      return this.tasks.has(id) || this.goals.has(id) ? this.whole(ids) : undefined;
    }
    const rows = ids.map((id) => this.row(id));
    return rows.every((row) => row !== undefined) ? rows : undefined;
  }

  private async readRow(id: string): Promise<void> {
    if (id.startsWith('GOAL')) return this.take(await readGoal(id));
    const { position, task } = await readTask(id);
    this.learn([task], position);
  }

  /** Rows that somebody read on their own. */
  learn(tasks: TaskRow[], position: number): void {
    applyRows(this.tasks, tasks, position);
  }

  private take({ position, goal, tasks }: OpenedGoal): void {
    applyRows(this.goals, [goal], position);
    applyRows(this.tasks, tasks, position);
  }

  /** Resolves once everything up to `position` is shown, or when that takes too long. */
  until(position: number): Promise<void> {
    if (position <= this.position) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = { position, heard: resolve };
      this.awaited.add(waiting);
      wait(HEARD_MS_MAX, () => this.awaited.delete(waiting) && resolve());
    });
  }

  private *showing(): Iterable<Shows> {
    yield this;
    for (const watcher of this.watchers) if (watcher.expect) yield watcher as Shows;
  }

  event(event: FeedEvent): void {
    if (this.frames.push(event) === 1) requestAnimationFrame(() => this.apply());
    if (this.frames.length >= FRAMES_MAX) this.apply();
  }

  connected(state: Connection): void {
    this.apply();
    this.connection = state;
    if (state !== 'live') return void (this.lostAt_ms ??= Date.now());
    this.lostAt_ms = undefined;
    // What could not be read meanwhile can now, and nobody should have to ask for it.
    if (this.opened && this.opening === 'failed') void this.readOpened(this.opened);
  }

  serversChanged(): void {
    this.serverChanges += 1;
  }

  async more(): Promise<void> {
    if (this.next) this.addPage(await readGoals(this.next));
  }

  open(id: string | undefined): void {
    if (id === this.opened) return;
    this.opened = id;
    this.opening = 'reading';
    this.asked += 1;
    this.cancelRetry();
    this.retries = 0;
    if (id) void this.readOpened(id);
  }

  /** Reads the open goal and its tasks; frames that arrive meanwhile are kept and win by version. */
  async readOpened(id: string): Promise<void> {
    this.cancelRetry();
    const asked = ++this.asked;
    try {
      const opened = await readGoal(id);
      this.take(opened);
      forgetMissing(this.tasks, opened.tasks, opened.position, (task) => task.goal === id);
      if (this.opened !== id) return;
      this.opening = 'ready';
      this.retries = 0;
    } catch (error) {
      if (asked !== this.asked) return;
      this.didYouMean = error instanceof NotFound ? error.didYouMean : [];
      if (error instanceof NotFound) return void (this.opening = 'missing');
      if (this.opening === 'reading') this.opening = 'failed';
      // Also without a lost connection: the server may have been without its database for a moment.
      const delay_ms = Math.min(RETRY_FIRST_MS * 2 ** this.retries++, RETRY_MAX_MS);
      this.cancelRetry = wait(delay_ms, () => void this.readOpened(id));
    }
  }

  tasksOf(goal: string): Held<TaskRow>[] {
    return [...this.tasks.values()].filter(({ row }) => row.goal === goal && !row.archived);
  }

  protected addPage({ goals, position, next }: Snapshot): void {
    applyRows(this.goals, goals, position);
    this.floor = Math.min(this.floor, ...goals.map(({ id }) => idNumber(id)));
    this.next = next;
  }

  private apply(): void {
    const frames = this.frames;
    if (frames.length === 0) return;
    this.frames = [];
    for (const { meta, rows } of frames) {
      applyRows(this.goals, rows?.goals, meta.position);
      applyRows(this.tasks, rows?.tasks, meta.position);
      this.position = Math.max(this.position, meta.position);
    }
    this.announcer.tell(this.activity.add(frames, this.historyEnd).filter(({ fresh }) => fresh));
    if (this.tasks.size > TASKS_MAX) this.forgetTasks();
    for (const watcher of this.watchers) watcher.frames?.(frames);
    this.hear();
  }

  private hear(): void {
    for (const waiting of this.awaited) if (waiting.position <= this.position && this.awaited.delete(waiting)) waiting.heard();
  }

  private forgetTasks(): void {
    for (const [id, { row }] of this.tasks) if (row.goal !== this.opened) this.tasks.delete(id);
  }
}

function wait(delay_ms: number, then: () => void): () => void {
  const timer = setTimeout(then, delay_ms);
  return () => clearTimeout(timer);
}
