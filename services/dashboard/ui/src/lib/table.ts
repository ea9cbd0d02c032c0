// Which of many tasks are shown, and in which order: a filter that is read from the URL, applied in one pass.

import { idNumber, isClosed, type Priority, type TaskRow, type TaskStatus } from './rows';
import { readTerms } from './terms';
import { isOverdue } from './time';

export const COLUMNS = ['id', 'title', 'status', 'priority', 'goal', 'who', 'due', 'tags', 'changed'] as const;
export type Column = (typeof COLUMNS)[number];

export const VIEWS_OF_TASKS = ['all', 'open', 'blocked', 'mine', 'overdue', 'unclaimed'] as const;

export interface Filter {
  q?: string;
  /** One of a few questions that cannot be put by the others. */
  view?: string;
  status?: string[];
  priority?: string[];
  goal?: string;
  tag?: string;
  who?: string;
  sort: Column;
  descending: boolean;
}

const PRIORITIES: Record<Priority, number> = { low: 0, medium: 1, high: 2, critical: 3 };
const STATUSES: Record<TaskStatus, number> = { in_progress: 0, blocked: 1, in_review: 2, pending: 3, failed: 4, completed: 5, cancelled: 6 };
/** These are asked for with the largest first. */
const LARGEST_FIRST = new Set<Column>(['id', 'priority', 'changed']);

export function readFilter(q: string | undefined, params: Readonly<Record<string, string>>): Filter {
  const [sort, direction] = (params.sort ?? '').split(':');
  const column = COLUMNS.find((name) => name === sort) ?? 'id';
  return {
    q: q?.trim().toLowerCase() || undefined,
    view: params.view,
    status: params.status?.split(','),
    priority: params.priority?.split(','),
    goal: params.goal,
    tag: params.tag,
    who: params.who,
    sort: column,
    descending: direction ? direction === 'down' : LARGEST_FIRST.has(column),
  };
}

/** The order asked for by a click on a column: as it is best, then the other way round, then none. */
export function nextSort({ sort, descending }: Filter, column: Column, isSorted: boolean): string | undefined {
  if (!isSorted || sort !== column) return column;
  return descending === LARGEST_FIRST.has(column) ? `${column}:${descending ? 'up' : 'down'}` : undefined;
}

/** Whether a task passes; made once for a filter, asked a hundred thousand times. */
export function passes({ q, view, status, priority, goal, tag, who }: Filter, me: string, now_ms: number): (row: TaskRow) => boolean {
  const [statuses, priorities] = [status && new Set(status), priority && new Set(priority)];
  const terms = readTerms(q ?? '');
  const holds = questions(me, now_ms)[view ?? 'all'];
  return (row) => {
    if (statuses && !statuses.has(row.status)) return false;
    if (priorities && !priorities.has(row.priority)) return false;
    if (goal && row.goal !== goal) return false;
    if (tag && !row.tags?.includes(tag)) return false;
    if (who && row.claim?.holder !== who && row.assignee !== who) return false;
    if (holds && !holds(row)) return false;
    return terms.holds(row) && has(row, terms.words);
  };
}

function questions(me: string, now_ms: number): Record<string, ((row: TaskRow) => boolean) | undefined> {
  return {
    open: (row) => !isClosed(row.status),
    blocked: (row) => row.status === 'blocked',
    mine: (row) => row.claim?.holder === me || row.assignee === me,
    overdue: (row) => row.due !== undefined && !isClosed(row.status) && isOverdue(row.due, now_ms),
    unclaimed: (row) => !row.claim && !isClosed(row.status),
  };
}

/** Every word stands in the title, the id, a tag (`#tag`) or a name. */
function has(row: TaskRow, words: string[]): boolean {
  if (words.length === 0) return true;
  const title = row.title.toLowerCase();
  for (const word of words) {
    if (title.includes(word)) continue;
    if (word.charAt(0) === '#' && row.tags?.some((tag) => `#${tag}`.toLowerCase().startsWith(word))) continue;
    if (row.id.toLowerCase().includes(word) || row.goal.toLowerCase() === word) continue;
    if (row.assignee?.toLowerCase().includes(word) || row.claim?.holder.toLowerCase().includes(word)) continue;
    return false;
  }
  return true;
}

/** The rows that pass, in order. Numbers are compared as numbers, made once for each row; equals stand as they were made, newest first. */
export function select(rows: Iterable<TaskRow>, filter: Filter, me: string, now_ms: number): TaskRow[] {
  const passed = passes(filter, me, now_ms);
  const found: TaskRow[] = [];
  for (const row of rows) if (passed(row)) found.push(row);
  return sorted(found, filter);
}

export function sorted(rows: TaskRow[], { sort, descending }: Filter): TaskRow[] {
  const keyOf = KEYS[sort];
  const keyed = rows.map((row) => ({ row, key: keyOf(row), number: idNumber(row.id) }));
  const way = descending ? -1 : 1;
  keyed.sort((a, b) => (a.key === b.key ? b.number - a.number : a.key === EMPTY ? 1 : b.key === EMPTY ? -1 : a.key < b.key ? -way : way));
  return keyed.map(({ row }) => row);
}

/** What has no value stands last, whichever way round. */
const EMPTY = '';

const KEYS: Record<Column, (row: TaskRow) => string | number> = {
  id: ({ id }) => idNumber(id),
  title: ({ title }) => title.toLowerCase(),
  status: ({ status }) => STATUSES[status],
  priority: ({ priority }) => PRIORITIES[priority],
  goal: ({ goal }) => idNumber(goal),
  who: ({ claim, assignee }) => claim?.holder ?? assignee ?? EMPTY,
  due: ({ due }) => due ?? EMPTY,
  tags: ({ tags }) => tags?.join() ?? EMPTY,
  changed: ({ updated_at }) => updated_at,
};
