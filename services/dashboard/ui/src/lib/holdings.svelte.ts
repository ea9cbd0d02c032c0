// What the page holds of goals and tasks, and which of it is listed. Its rows are put here by whoever hears or reads them.

import { SvelteMap } from 'svelte/reactivity';
import type { Shows } from './acting.svelte';
import type { AnyRow, Patch } from './acts';
import { findGoals, type OpenedGoal, type Snapshot } from './api';
import type { FeedEvent } from './events';
import { wait } from './pacer';
import { applyRows, goalIdOf, idNumber, type GoalRow, type Held, type TaskRow } from './rows';
import { Search } from './search.svelte';
import { matching } from './terms';

/** Whoever keeps something of their own current by the feed. */
export interface Watcher extends Partial<Shows> {
  /** What happened, in the order of the log, once for each drawing of the screen. */
  frames?(frames: readonly FeedEvent[]): void;
  /** The row with this id, perhaps not all of it. */
  row?(id: string): TaskRow | undefined;
  /** The board began again from a snapshot: what happened between was not told. `fresh` when the log is another one. */
  begun?(fresh: boolean): void;
}

/** Rows of tasks whose goal is not open are kept up to this many; they close the gap between reading a goal and its frames. */
const TASKS_MAX = 20_000;

export class Holdings implements Shows {
  goals = new SvelteMap<string, Held<GoalRow>>();
  tasks = new SvelteMap<string, Held<TaskRow>>();
  position = $state(0);
  /** More goals than were read; where they begin. */
  next = $state<string>();
  /** The goal that is open. */
  opened = $state<string>();
  /** Goals that were not read yet, found by their words. */
  search = new Search({ find: findGoals, wait, take: (goals, position) => void applyRows(this.goals, goals, position) });

  protected watchers = new Set<Watcher>();
  /** The lowest number among the goals read by page; below it the list would have holes. */
  protected floor = $state(Infinity);

  /** Newest first; never by time of change, so that nothing moves while it is read. */
  get list(): Held<GoalRow>[] {
    return this.sorted((row) => this.isLoaded(row));
  }

  /** Of the loaded goals those that match in any part of a word, and of all those that the server found. */
  filtered(query: string): Held<GoalRow>[] {
    const [id, isAskedFor] = [goalIdOf(query), matching(query)];
    return this.sorted((row) => row.id === id || this.search.found.has(row.id) || (this.isLoaded(row) && isAskedFor(row)));
  }

  private sorted(isWanted: (row: GoalRow) => boolean): Held<GoalRow>[] {
    return [...this.goals.values()].filter(({ row }) => !row.archived && isWanted(row)).sort((a, b) => idNumber(b.row.id) - idNumber(a.row.id));
  }

  private isLoaded({ id }: GoalRow): boolean {
    return !this.next || idNumber(id) >= this.floor;
  }

  tasksOf(goal: string): Held<TaskRow>[] {
    return [...this.tasks.values()].filter(({ row }) => row.goal === goal && !row.archived);
  }

  row(id: string): AnyRow | undefined {
    const held = (this.tasks.get(id) ?? this.goals.get(id))?.row;
    for (const watcher of held ? [] : this.watchers) {
      const row = watcher.row?.(id);
      if (row) return row;
    }
    return held;
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

  /** Whoever shows rows of this. */
  *showing(): Iterable<Shows> {
    yield this;
    for (const watcher of this.watchers) if (watcher.expect) yield watcher as Shows;
  }

  /** Rows that somebody read on their own. */
  learn(tasks: TaskRow[], position: number): void {
    applyRows(this.tasks, tasks, position);
  }

  protected take({ position, goal, tasks }: OpenedGoal): void {
    applyRows(this.goals, [goal], position);
    applyRows(this.tasks, tasks, position);
  }

  protected addPage({ goals, position, next }: Snapshot): void {
    applyRows(this.goals, goals, position);
    this.floor = Math.min(this.floor, ...goals.map(({ id }) => idNumber(id)));
    this.next = next;
  }

  /** Puts the rows of frames beside those that are held. */
  protected takeFrames(frames: readonly FeedEvent[]): void {
    for (const { meta, rows } of frames) {
      applyRows(this.goals, rows?.goals, meta.position);
      applyRows(this.tasks, rows?.tasks, meta.position);
      this.position = Math.max(this.position, meta.position);
    }
    if (this.tasks.size > TASKS_MAX) this.forgetTasks();
  }

  private forgetTasks(): void {
    for (const [id, { row }] of this.tasks) if (row.goal !== this.opened) this.tasks.delete(id);
  }
}
