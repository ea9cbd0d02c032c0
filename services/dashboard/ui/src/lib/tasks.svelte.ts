// All tasks there are, a hundred thousand and more: read once as a stream, kept current by the feed, and never copied whole.
//
// Rows are plain objects that share their repeated texts; only `changes` is reactive, and it moves once for each drawing of the screen.

import type { Patch } from './acts';
import { clockAhead_ms } from './api';
import type { Board } from './board.svelte';
import type { FeedEvent } from './events';
import { idNumber, type TaskRow } from './rows';
import type { Watcher } from './holdings.svelte';

/** What is asked for of each task. A row in a frame has more; the rest is left out here. */
const FIELDS = ['id', 'goal', 'parent', 'title', 'status', 'priority', 'assignee', 'due', 'tags', 'claim', 'after', 'version', 'updated_at', 'created_at', 'blocked_reason', 'archived'] as const;

/** The reader gives way to the page after this long. */
const SLICE_MS = 6;
/** A reading that failed is tried again after this, doubled each time up to the last. */
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 30_000;

export type Reading = 'reading' | 'ready' | 'failed';

export class Tasks implements Watcher {
  state = $state<Reading>('reading');
  /** Moves whenever a row has changed. */
  changes = $state(0);
  /** How many were read so far and how many there are, while they are read. */
  read = $state(0);
  total = $state(0);
  /** Which rows changed since somebody last asked; undefined when it could be any. */
  touched: Set<string> | undefined;

  private rows = new Map<string, TaskRow>();
  /** Goals that were put aside since this is kept. What was read or sent of them before may still come. */
  private archived = new Set<string>();
  private texts = new Map<string, string>();
  private asked = 0;
  private attempts = 0;

  /** At the position `at` rather than now, nothing of it will ever change. */
  constructor(
    board: Board,
    readonly at?: number,
  ) {
    if (at === undefined) board.watch(this);
    void this.load();
  }

  get size(): number {
    return this.rows.size;
  }

  row(id: string): TaskRow | undefined {
    return this.rows.get(id);
  }

  all(): Iterable<TaskRow> {
    return this.rows.values();
  }

  /** What has changed since this was last called. */
  takeTouched(): Set<string> | undefined {
    const touched = this.touched;
    this.touched = new Set();
    return touched;
  }

  frames(frames: readonly FeedEvent[]): void {
    for (const { type, meta, rows } of frames) {
      for (const row of rows?.tasks ?? []) this.put(row);
      if (type === 'goal_archived') this.leave(meta.goal);
      else if (type === 'goal_restored') this.comeBack(meta.goal);
    }
    if (frames.some(({ type, rows }) => rows?.tasks?.length || type === 'goal_archived')) this.changes += 1;
  }

  begun(fresh: boolean): void {
    if (fresh) this.rows.clear();
    this.archived.clear();
    void this.load();
  }

  /** The tasks of a goal go with it, and its event alone says so. */
  private leave(goal: string): void {
    this.archived.add(goal);
    for (const row of this.rows.values()) {
      if (row.goal !== goal) continue;
      this.rows.delete(row.id);
      this.touched?.add(row.id);
    }
  }

  private comeBack(goal: string): void {
    this.archived.delete(goal);
    void this.load();
  }

  expect(id: string, patch: Patch): (() => void) | undefined {
    const row = this.rows.get(id);
    if (!row) return undefined;
    const looks = { ...row, ...patch };
    this.set(id, looks);
    return () => this.rows.get(id) === looks && this.set(id, row);
  }

  /** Reads all; what frames bring meanwhile wins by its version. What is not there any more is taken away at the end. */
  async load(): Promise<void> {
    const asked = ++this.asked;
    const seen = new Set<string>();
    if (this.state === 'failed') this.state = 'reading';
    try {
      const before = new Set(this.rows.keys());
      for await (const lines of this.lines()) {
        if (asked !== this.asked) return;
        for (const line of lines) this.take(JSON.parse(line) as Line, seen);
        this.read = seen.size;
      }
      if (asked !== this.asked) return;
      if (seen.size !== this.counted) throw new Error('the stream ended early');
      for (const id of before) if (!seen.has(id)) this.rows.delete(id);
      this.attempts = 0;
      this.state = 'ready';
      this.touched = undefined;
      this.changes += 1;
    } catch {
      if (asked !== this.asked) return;
      if (this.state === 'reading') this.state = 'failed';
      setTimeout(() => asked === this.asked && this.load(), Math.min(RETRY_FIRST_MS * 2 ** this.attempts++, RETRY_MAX_MS));
    }
  }

  private counted = -1;

  private take(line: Line, seen: Set<string>): void {
    if ('id' in line) {
      seen.add(line.id);
      this.put(line);
    } else if ('end' in line) this.counted = line.count;
    else [this.total, this.counted] = [line.total, -1];
  }

  /** The stream in pieces that leave the page time to draw. */
  private async *lines(): AsyncGenerator<string[]> {
    const asked = new URLSearchParams({ fields: FIELDS.join(), ...(this.at !== undefined && { as_of: String(this.at) }) });
    const answer = await fetch(`/api/v1/tasks?${asked}`, { headers: { accept: 'application/x-ndjson' } });
    if (!answer.ok || !answer.body) throw new Error(`read the tasks: ${answer.status}`);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (let until_ms = performance.now() + SLICE_MS; ; ) {
      const { done, value = '' } = await reader.read();
      const lines = (rest + value).split('\n');
      rest = done ? '' : (lines.pop() ?? '');
      yield lines.filter(Boolean);
      if (done) return;
      if (performance.now() < until_ms) continue;
      await new Promise((resolve) => setTimeout(resolve));
      until_ms = performance.now() + SLICE_MS;
    }
  }

  private put(row: TaskRow): void {
    const known = this.rows.get(row.id);
    if (known && known.version > row.version) return;
    if (row.archived || this.archived.has(row.goal)) {
      if (known) this.touched?.add(row.id);
      this.rows.delete(row.id);
      return;
    }
    this.rows.set(row.id, this.compact(row));
    this.touched?.add(row.id);
  }

  private set(id: string, row: TaskRow): void {
    this.rows.set(id, row);
    this.touched?.add(id);
    this.changes += 1;
  }

  /** Rows of one shape, without what is not shown; a text that many rows have is kept once. */
  private compact(row: TaskRow): TaskRow {
    return {
      id: row.id,
      goal: this.text(row.goal),
      parent: row.parent,
      title: row.title,
      status: this.text(row.status),
      priority: this.text(row.priority),
      assignee: row.assignee && this.text(row.assignee),
      due: row.due && this.text(row.due),
      tags: row.tags?.map((tag) => this.text(tag)),
      claim: row.claim,
      after: row.after,
      version: row.version,
      updated_at: row.updated_at,
      created_at: row.created_at,
      blocked_reason: row.blocked_reason,
    };
  }

  private text<T extends string>(value: T): T {
    const known = this.texts.get(value);
    if (known === undefined) this.texts.set(value, value);
    return (known ?? value) as T;
  }
}

type Line = TaskRow | { total: number } | { end: true; count: number };

const stores = new WeakMap<Board, Tasks>();
let past: Tasks | undefined;

/** The tasks of a board, read when they are first asked for; those of a past moment are kept for the latest such moment only. */
export function tasksOf(board: Board, at = board.at): Tasks {
  if (at !== undefined) return past?.at === at ? past : (past = new Tasks(board, at));
  let tasks = stores.get(board);
  if (!tasks) stores.set(board, (tasks = new Tasks(board)));
  return tasks;
}

/** Newest first. */
export const byNumber = (one: TaskRow, another: TaskRow) => idNumber(another.id) - idNumber(one.id);

/** The server's now, for what is overdue. */
export const now_ms = () => Date.now() + clockAhead_ms;
