// The snapshot reads. Everything else is pushed.

import type { GoalRow, TaskRow } from './rows';

export interface Snapshot {
  position: number;
  epoch: string;
  goals: GoalRow[];
  next?: string;
}

export interface OpenedGoal {
  position: number;
  epoch: string;
  goal: GoalRow;
  tasks: TaskRow[];
}

/** The server said there is no such goal. */
export class NotFound extends Error {
  constructor(readonly didYouMean: string[]) {
    super('not found');
  }
}

/** The server's clock minus ours, known to about a second; leases are counted down by the server's clock. */
export let clockAhead_ms = 0;
/** The Date header has whole seconds, so a difference below this says nothing. */
const CLOCK_NOISE_MS = 2000;

export function readGoals(cursor?: string): Promise<Snapshot> {
  return read(`/api/v1/goals${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`);
}

/** Goals that have these words, best match first; `#docs` is the tag. */
export function findGoals(words: string): Promise<Snapshot> {
  return read(`/api/v1/goals?q=${encodeURIComponent(words.replace(/(^|\s)#(?=\S)/g, '$1tag:'))}`);
}

export function readGoal(id: string): Promise<OpenedGoal> {
  return read(`/api/v1/goals/${id}`);
}

export interface OpenedTask {
  position: number;
  epoch: string;
  task: TaskRow;
  comments?: { number?: number; actor?: string; at?: string; kind?: string; body?: string }[];
}

export function readTask(id: string): Promise<OpenedTask> {
  return read(`/api/v1/tasks/${id}`);
}

/** Tasks that have these words, best match first. */
export function findTasks(words: string, limit: number): Promise<{ position: number; tasks: TaskRow[] }> {
  return read(`/api/v1/tasks?limit=${limit}&q=${encodeURIComponent(words)}`);
}

/** The snapshot the server put into the page, if it did. */
export function embeddedSnapshot(page: Document): Snapshot | undefined {
  const text = page.getElementById('snapshot')?.textContent;
  return text ? (JSON.parse(text) as Snapshot) : undefined;
}

async function read<T>(path: string): Promise<T> {
  const answer = await fetch(path, { headers: { accept: 'application/json' } });
  noticeClock(answer.headers.get('date'));
  if (answer.status === 404) throw new NotFound(((await answer.json()) as { did_you_mean?: string[] }).did_you_mean ?? []);
  if (!answer.ok) throw new Error(`read ${path}: ${answer.status}`);
  return (await answer.json()) as T;
}

function noticeClock(date: string | null): void {
  const ahead_ms = Date.parse(date ?? '') + 500 - Date.now();
  if (!Number.isNaN(ahead_ms)) clockAhead_ms = Math.abs(ahead_ms) < CLOCK_NOISE_MS ? 0 : ahead_ms;
}
