// Which class makes a changed row light up. Two names for one animation, in turn, so that a second change starts it anew.

import type { Held } from './rows';

/** A row that was made this recently lights up when it first appears. */
const NEW_MS = 2500;

export function flasher(first: Held<{ created_at: string }>, now_ms: number): (held: Held<unknown>) => string {
  const isNew = Math.abs(now_ms - Date.parse(first.row.created_at)) < NEW_MS;
  return ({ changes }) => (changes > first.changes || isNew ? (changes % 2 ? 'flash-a' : 'flash-b') : '');
}
