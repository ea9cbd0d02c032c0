// What people do, as commands: what is sent, how the rows look meanwhile, and the sentence for when it is done.

import type { Answer, Command } from './commands';
import { isClosed, statusText, type GoalRow, type Priority, type TaskRow, type TaskStatus } from './rows';

export type AnyRow = TaskRow | GoalRow;
export type Patch = Partial<TaskRow>;

export interface Act {
  commands: Command[];
  /** How the rows will look; they look so at once, and again as before when it is refused. */
  patches: Map<string, Patch>;
  /** Told when it is done: "TASK-0001 is blocked". */
  said: string | ((answer: Answer) => string);
  /** Whether it can be taken back; an undo is not undone by the same key. */
  undoable: boolean;
}

/** More ids than this are not taken in one command. */
export const IDS_MAX = 100;

const isTask = (row: AnyRow): row is TaskRow => row.id.startsWith('TASK');
const fenceOf = (row: AnyRow, me: string) => (isTask(row) && row.claim?.holder === me ? row.claim.fence : undefined);
export const named = (rows: AnyRow[]) => (rows.length === 1 && rows[0] ? rows[0].id : `${rows.length} tasks`);

/** `why` is for those who read the history; for a blocked task it is the reason. */
export function move(rows: AnyRow[], status: TaskStatus, me: string, why?: string): Act {
  const moving = inOrder(rows.filter((row) => row.status !== status));
  return update(moving, { status }, me, `${named(moving)} ${moving.length === 1 ? 'is' : 'are'} ${statusText(status)}`, { why, patch: { status, ...(status === 'blocked' && why && { blocked_reason: why }) } });
}

/** What another of them waits for comes first, so that a chain is completed at once, and parts with what they are parts of. */
function inOrder(rows: AnyRow[]): AnyRow[] {
  const [left, ordered] = [new Map(rows.map((row) => [row.id, row])), [] as AnyRow[]];
  const parts = new Map<string, AnyRow[]>();
  for (const row of rows) if (isTask(row) && row.parent) parts.set(row.parent, [...(parts.get(row.parent) ?? []), row]);
  const place = (row: AnyRow) => {
    if (!left.delete(row.id)) return;
    for (const id of (isTask(row) && row.after) || []) if (left.has(id)) place(left.get(id)!);
    parts.get(row.id)?.forEach(place);
    ordered.push(row);
  };
  rows.forEach(place);
  return ordered;
}

export interface Values {
  title?: string;
  description?: string | null;
  priority?: Priority;
  due?: string | null;
  assignee?: string | null;
  estimate?: string | null;
  archived?: boolean;
  status?: TaskStatus;
}

/** What comes and goes one by one; criteria go by their number. */
export interface Lists {
  tags?: string[];
  after?: string[];
  accept?: string[];
}

interface More {
  why?: string;
  add?: Lists;
  remove?: Lists;
  patch?: Patch;
}

const some = (values?: object) => (values && Object.keys(values).length > 0 ? values : undefined);

export function update(rows: AnyRow[], set: Values, me: string, said: string, { why, add, remove, patch }: More = {}): Act {
  const one = (batch: AnyRow[], fence?: number): Command => ({
    name: 'update',
    args: {
      ids: batch.map(({ id }) => id),
      ...(some(set) && { set }),
      ...(some(add) && { add }),
      ...(some(remove) && { remove }),
      ...(fence !== undefined && { fence }),
      ...(why && { why }),
    },
  });
  // A fence belongs to one task, so whoever holds claims changes those tasks one by one.
  const held = rows.filter((row) => fenceOf(row, me) !== undefined);
  const others = rows.filter((row) => !held.includes(row));
  const commands = [...chunks(others).map((batch) => one(batch)), ...held.map((row) => one([row], fenceOf(row, me)))];
  const list = (name: 'tags' | 'after', had: string[] = []) => (add?.[name] || remove?.[name]) && { [name]: [...new Set([...had.filter((value) => !remove?.[name]?.includes(value)), ...(add?.[name] ?? [])])].sort() };
  const looks = (row: AnyRow): Patch => patch ?? { ...cleared(set), ...list('tags', row.tags), ...list('after', (row as TaskRow).after) };
  return { commands, patches: new Map(rows.map((row) => [row.id, looks(row)])), said, undoable: true };
}

/** Puts aside, or takes back. */
export function archive(rows: AnyRow[], me: string, archived = true): Act {
  return update(rows, { archived }, me, `${named(rows)} ${rows.length === 1 ? 'is' : 'are'} ${archived ? 'archived' : 'back'}`);
}

export function claim(row: TaskRow, me: string, minutes?: number): Act {
  const fence = fenceOf(row, me);
  const args = { id: row.id, ...(fence !== undefined && { fence }), ...(minutes && { ttl: minutes * 60 }) };
  return { commands: [{ name: 'claim', args }], patches: new Map(), said: fence === undefined ? `${row.id} is yours` : `your claim on ${row.id} is renewed`, undoable: fence === undefined };
}

export function release(row: TaskRow, me: string): Act {
  return { commands: [{ name: 'claim', args: { id: row.id, fence: fenceOf(row, me), release: true } }], patches: new Map([[row.id, { claim: undefined }]]), said: `${row.id} is given back`, undoable: false };
}

export interface Completion {
  outcome?: 'done' | 'failed';
  result?: string;
  evidence?: string[];
  met?: number[];
}

export function complete(row: AnyRow, how: Completion, me: string): Act {
  const status = how.outcome === 'failed' ? 'failed' : 'completed';
  const fence = fenceOf(row, me);
  const args = { id: row.id, ...how, ...(fence !== undefined && { fence }) };
  return { commands: [{ name: 'complete', args }], patches: new Map([[row.id, { status, result: how.result }]]), said: `${row.id} is ${statusText(status)}`, undoable: true };
}

export function comment(row: AnyRow, body: string, kind: string): Act {
  return { commands: [{ name: 'comment', args: { id: row.id, body, kind } }], patches: new Map(), said: `your ${kind} is at ${row.id}`, undoable: true };
}

/** Whether it can be claimed by `me`, or renewed. */
export function canClaim(row: AnyRow, me: string, now_ms: number): boolean {
  if (!isTask(row) || isClosed(row.status)) return false;
  return !row.claim || row.claim.holder === me || Date.parse(row.claim.until) <= now_ms;
}

/** As the row will have it: what is null is gone, and an estimate is reckoned by the server. */
function cleared({ estimate: _, ...set }: Values): Patch {
  return Object.fromEntries(Object.entries(set).map(([name, value]) => [name, value ?? undefined]));
}

function chunks<T>(all: T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / IDS_MAX) }, (_, at) => all.slice(at * IDS_MAX, (at + 1) * IDS_MAX));
}
