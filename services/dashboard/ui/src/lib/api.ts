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

/** A page of goals, as they were at a position of the log when one is named. */
export function readGoals(cursor?: string, at?: number): Promise<Snapshot> {
  const wanted = [cursor && `cursor=${encodeURIComponent(cursor)}`, at && `as_of=${at}`].filter(Boolean).join('&');
  return read(`/api/v1/goals${wanted && `?${wanted}`}`);
}

/** Goals that have these words, best match first; `#docs` is the tag. */
export function findGoals(words: string): Promise<Snapshot> {
  return read(`/api/v1/goals?q=${encodeURIComponent(words.replace(/(^|\s)#(?=\S)/g, '$1tag:'))}`);
}

export function readGoal(id: string, at?: number): Promise<OpenedGoal> {
  return read(`/api/v1/goals/${id}${at ? `?as_of=${at}` : ''}`);
}

export interface OpenedTask {
  position: number;
  epoch: string;
  task: TaskRow;
  comments?: { comment?: number; author?: string; at?: string; kind?: string; body?: string }[];
}

export function readTask(id: string): Promise<OpenedTask> {
  return read(`/api/v1/tasks/${id}`);
}

/** Tasks that have these words, best match first. */
export function findTasks(words: string, limit: number): Promise<{ position: number; tasks: TaskRow[] }> {
  return read(`/api/v1/tasks?limit=${limit}&q=${encodeURIComponent(words)}`);
}

/** What is left of a goal, as far as the page shows it. */
export interface Plan {
  position: number;
  left: number;
  critical_path: { minutes: number; tasks: { id: string }[] };
}

export function readPlan(goal: string): Promise<Plan> {
  return read(`/api/v1/goals/${goal}/plan`);
}

/** Reads JSON; a refusal is thrown in the server's words. */
export async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = (await early(path)) ?? (await asked(path, signal));
  if (answer.ok) return (await answer.json()) as T;
  const problem = (await answer.json().catch(() => ({}))) as { message?: string; hint?: string; did_you_mean?: string[] };
  if (answer.status === 404) throw new NotFound(problem.did_you_mean ?? []);
  throw new Error([problem.message ?? `the server answered ${answer.status}`, problem.hint].filter(Boolean).join('; '));
}

async function asked(path: string, signal?: AbortSignal): Promise<Response> {
  const answer = await fetch(path, { headers: { accept: 'application/json' }, signal });
  noticeClock(answer.headers.get('date'));
  return answer;
}

/** What `early.ts` has asked for already, taken once. It may have lain there, so it says nothing of the time. */
function early(path: string): Promise<Response | undefined> | undefined {
  const reads = globalThis.window?.early?.reads;
  const answer = reads?.get(path);
  reads?.delete(path);
  return answer;
}

/** Why something could not be read, as a sentence. */
export function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return 'The server cannot be reached.';
  return error instanceof Error ? `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.` : String(error);
}

function noticeClock(date: string | null): void {
  const ahead_ms = Date.parse(date ?? '') + 500 - Date.now();
  if (!Number.isNaN(ahead_ms)) clockAhead_ms = Math.abs(ahead_ms) < CLOCK_NOISE_MS ? 0 : ahead_ms;
}
