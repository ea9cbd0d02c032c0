// What happened, told shortly: one line for what one command did.

import type { Difference } from './differences';
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

/** A field of a goal or task that differs between two moments. */
export interface Change extends Difference {
  id: string;
}

/** What differs, by what it is a field of; what came first stays first. */
export function bySubject(changes: readonly Change[]): Map<string, Change[]> {
  const told = new Map<string, Change[]>();
  for (const change of changes) told.set(change.id, [...(told.get(change.id) ?? []), change]);
  return told;
}
