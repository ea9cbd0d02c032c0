// The log as the audit tells it: its records, and how they are asked for.

import { read } from './api';
import type { FeedEvent } from './events';
import { idOf } from './rows';

/** One event, with everything that is known about who did it. */
export interface LogRecord {
  position: number;
  at: string;
  type: string;
  goal: string;
  task?: string;
  actor?: string;
  actor_kind?: string;
  client?: string;
  session?: string;
  why?: string;
  /** The position of the event that led to it. */
  cause?: number;
  request_id?: string;
  correlation_id?: string;
  traceparent?: string;
  command_id: string;
  event_id: string;
  data: Record<string, unknown>;
}

export interface LogPage {
  position: number;
  events: LogRecord[];
  next?: string;
}

/** Which records are wanted. */
export interface LogFilter {
  /** A goal with its tasks, or a task. */
  id?: string;
  /** Separated by commas. */
  types?: string;
  actor?: string;
  /** What this position led to, and what led to it; the first comes first. */
  cause?: number;
  /** A position, exclusive, or a time. */
  since?: string;
  until?: string;
}

export const PAGE_RECORDS = 100;

/** A page of records, newest first; those of a chain of causes oldest first. */
export function readLog(filter: LogFilter, cursor?: string, signal?: AbortSignal, limit = PAGE_RECORDS): Promise<LogPage> {
  return read(logPath('/api/v1/audit', filter, { cursor, limit }), signal);
}

/** One record. */
export const readRecord = (position: number): Promise<LogRecord> => read(`/api/v1/events/${position}`);

/** The last position of a time; 0 when the log began later. */
export const readPosition = (at: string): Promise<number> => read<{ position: number }>(`/api/v1/position?at=${encodeURIComponent(at)}`).then(({ position }) => position);

/** The address that answers `filter`, for reading or for copying. */
export function logPath(base: string, filter: LogFilter, more: Record<string, unknown> = {}): string {
  const wanted = Object.entries({ ...filter, ...more }).filter(([, value]) => value !== undefined && value !== '');
  const query = new URLSearchParams(wanted.map(([name, value]) => [name, String(value)])).toString();
  return query ? `${base}?${query}` : base;
}

/** Begins with this position, whatever follows it. */
export const cursorAt = (position: number): string => `before:${position + 1}`;

/** What the record is about. */
export const subjectOf = ({ goal, task }: Pick<LogRecord, 'goal' | 'task'>): string => task ?? goal;

/** In the shape of the feed, for those who tell of events. */
export function asEvent(record: LogRecord): FeedEvent {
  const { type, data, position, at, goal, actor = 'somebody', actor_kind, client, command_id } = record;
  return { type, data, meta: { position, at, workspace: '', goal, subject: subjectOf(record), sequence: 0, actor, actor_kind, client, command_id } };
}

/** What one command did, in the order in which the records came. */
export function byCommand(records: readonly LogRecord[]): LogRecord[][] {
  const groups: LogRecord[][] = [];
  for (const record of records) {
    const group = groups.at(-1);
    if (group && group[0]?.command_id === record.command_id) group.push(record);
    else groups.push([record]);
  }
  return groups;
}

/** The filters of the URL: what they do not know is left out. */
export function filterOf(params: Readonly<Record<string, string>>): LogFilter {
  const { id, types, actor, since, until } = params;
  const cause = Number(params.cause ?? NaN);
  return {
    id: idOf(id),
    types: types || undefined,
    actor: actor?.trim() || undefined,
    since: since || undefined,
    until: until || undefined,
    cause: Number.isSafeInteger(cause) && cause > 0 ? cause : undefined,
  };
}

/** `4711` or `#4711` is a position, anything else that is one a time, `17:29` one of today; nonsense is nothing. */
export function momentOf(text: string, now_ms = Date.now()): { position: number } | { at: string } | undefined {
  const [, digits] = /^\s*#?(\d+)\s*$/.exec(text) ?? [];
  if (digits) return Number(digits) > 0 ? { position: Number(digits) } : undefined;
  const [, hours, minutes] = /^\s*([01]?\d|2[0-3]):([0-5]\d)\s*$/.exec(text) ?? [];
  const at_ms = hours ? new Date(now_ms).setHours(Number(hours), Number(minutes), 0, 0) : Date.parse(text);
  return Number.isNaN(at_ms) ? undefined : { at: new Date(at_ms).toISOString() };
}
