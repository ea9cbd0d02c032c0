// What happened, told shortly: one line for what one command did.

import { subjectTitle, tell, type Tone } from './events';
import { asEvent, subjectOf, type LogRecord } from './log';

export interface Told {
  tone: Tone;
  /** `claimed`, `added`, each once. */
  deeds: { verb: string; times: number; subject: string; title?: string; detail?: string }[];
}

/** The deeds of one command, in the order in which they were done. `records` come newest first. */
export function summary(records: readonly LogRecord[]): Told {
  const deeds = new Map<string, Told['deeds'][number]>();
  let tone: Tone = 'changed';
  for (const record of records.toReversed()) {
    const told = tell(asEvent(record));
    const known = deeds.get(told.verb);
    if (known) known.times += 1;
    else deeds.set(told.verb, { verb: told.verb, times: 1, subject: subjectOf(record), title: subjectTitle(asEvent(record)), detail: told.detail });
    tone = told.tone;
  }
  return { tone: deeds.size > 1 && records.length > 3 ? tell(asEvent(records[records.length - 1] as LogRecord)).tone : tone, deeds: [...deeds.values()] };
}

/** A goal or task that differs between two moments, with the fields that do. */
export interface Changed {
  id: string;
  title: string;
  fields: { field: string; from?: unknown; to?: unknown }[];
}

interface Row {
  id: string;
  title: string;
}

/** What every row has that is not the work itself. */
const UNTOLD = new Set(['id', 'goal', 'version', 'updated_at', 'created_at', 'progress']);

/** Field by field what became of the rows; one that was not there before changed from nothing. */
export function between(before: readonly Row[], after: readonly Row[]): Changed[] {
  const known = new Map(before.map((row) => [row.id, row]));
  return after.flatMap((row) => {
    const was = (known.get(row.id) ?? {}) as Record<string, unknown>;
    const is = row as unknown as Record<string, unknown>;
    const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((name) => !UNTOLD.has(name));
    const fields = names.filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name])).map((field) => ({ field, from: was[field], to: is[field] }));
    return fields.length > 0 ? [{ id: row.id, title: row.title, fields }] : [];
  });
}
