// The rows the server sends, and the one rule by which a row may replace another.

export type GoalStatus = 'pending' | 'in_progress' | 'completed' | 'cancelled';
export type TaskStatus = GoalStatus | 'blocked' | 'in_review' | 'failed';
export type Priority = 'low' | 'medium' | 'high' | 'critical';

export interface Progress {
  total: number;
  pending: number;
  in_progress: number;
  blocked: number;
  in_review: number;
  completed: number;
  failed: number;
  cancelled: number;
}

interface Row {
  id: string;
  title: string;
  description?: string;
  priority: Priority;
  tags?: string[];
  due?: string;
  assignee?: string;
  archived?: boolean;
  version: number;
  created_at: string;
  updated_at: string;
}

export interface GoalRow extends Row {
  status: GoalStatus;
  progress: Progress;
}

export interface TaskRow extends Row {
  goal: string;
  parent?: string;
  status: TaskStatus;
  after?: string[];
  claim?: { holder: string; fence: number; since: string; until: string };
  estimate_minutes?: number;
  criteria?: { number: number; text: string; met?: boolean }[];
  links?: { rel: string; to: string }[];
  result?: string;
  /** Why it cannot go on, as somebody put it. */
  blocked_reason?: string;
}

export interface ChangedRows {
  goals?: GoalRow[];
  tasks?: TaskRow[];
}

/** A row with the position it was read at and how often it changed before our eyes. */
export interface Held<R> {
  row: R;
  position: number;
  changes: number;
}

/**
 * Puts `rows`, read at `position`, into `held` and returns the ids of those that were taken.
 *
 * A version is the sequence of the last event that touched the object itself. A goal's progress moves with its tasks, without
 * the goal being touched, so among equal versions the later reading wins.
 */
export function applyRows<R extends Row>(held: Map<string, Held<R>>, rows: R[] | undefined, position: number): string[] {
  const taken: string[] = [];
  for (const row of rows ?? []) {
    const known = held.get(row.id);
    if (known && (row.version < known.row.version || (row.version === known.row.version && position < known.position))) continue;
    const same = known !== undefined && JSON.stringify(known.row) === JSON.stringify(row);
    held.set(row.id, { row: same ? known.row : row, position, changes: known ? known.changes + (same ? 0 : 1) : 0 });
    taken.push(row.id);
  }
  return taken;
}

/**
 * Takes away what a complete reading at `position` no longer holds: it was archived, or fell off the page, while we were not
 * listening. What a frame brought after that position stays.
 */
export function forgetMissing<R extends Row>(held: Map<string, Held<R>>, rows: R[], position: number, isCovered: (row: R) => boolean): void {
  const present = new Set(rows.map(({ id }) => id));
  for (const [id, known] of [...held]) {
    if (known.position <= position && !present.has(id) && isCovered(known.row)) held.delete(id);
  }
}

/** Ids sort by their number: GOAL-9999 before GOAL-10000. */
export function idNumber(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1));
}

/** The goal or task that `text` names, however it is written: `goal-1` is GOAL-0001. */
export function idOf(text: string | undefined): string | undefined {
  const [, kind, digits] = /^\s*(goal|task)-0*([1-9]\d*)\s*$/i.exec(text ?? '') ?? [];
  return kind && `${kind.toUpperCase()}-${digits?.padStart(4, '0')}`;
}

const ofKind = (kind: string) => (text: string | undefined) => [idOf(text)].find((id) => id?.startsWith(kind));
export const goalIdOf = ofKind('GOAL');
export const taskIdOf = ofKind('TASK');

/** How much of a goal is done; what was cancelled does not count. */
export function doneOf({ completed, total, cancelled }: Progress): { done: number; of: number } {
  return { done: completed, of: total - cancelled };
}

/** Which of the tasks that `row` comes after still hold it back. Nothing does once it is settled itself. */
export function waitsFor(row: TaskRow, tasks: ReadonlyMap<string, Held<TaskRow>>): string[] {
  if (isSettled(row)) return [];
  return (row.after ?? []).filter((id) => {
    const other = tasks.get(id)?.row;
    return other !== undefined && !isSettled(other);
  });
}

function isSettled({ status, archived }: TaskRow): boolean {
  return archived === true || status === 'completed' || status === 'cancelled';
}

/** Whether nothing more is to be done. */
export function isClosed(status: TaskStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

export function statusText(status: TaskStatus): string {
  return status.replace('_', ' ');
}
