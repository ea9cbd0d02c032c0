// Giving a task another status in one go, as a drag does: from what somebody saw to what it is to be.

import { move, type AnyRow } from './acts';
import type { Board } from './board.svelte';
import { Refused } from './commands';
import { ask, isPast, type Deed } from './deeds';
import { formOf, valuesOf } from './forms';
import { me } from './me.svelte';
import { Changed, rewrite } from './rewriting';
import { statusText, type TaskRow, type TaskStatus } from './rows';

/** What needs a word more is asked for. A status that another has given it since it was seen is not written over. */
export async function moveTo(board: Board, seen: AnyRow, status: TaskStatus): Promise<void> {
  if (isPast(board)) return;
  const deed = asksFirst(seen, status);
  if (deed) return ask(board, deed, [seen.id], deed === 'status' ? { rows: [seen], field: 'why', given: { status } } : {});
  // While one's own change has no answer the row shows what it will be, and that has no version yet.
  if (board.acting.busy > 0) return void (await board.acting.run(move([seen], status, me.name)));
  const formFor = (row: AnyRow) => formOf({ deed: 'status', rows: [row] }, me.name);
  const rewriting = { row: seen, formOf: formFor, answers: { ...valuesOf(formFor(seen)), status } };
  await rewrite(board, rewriting, (act) => board.acting.run(act, { throws: true })).catch((error: unknown) => board.acting.refused(told(error)));
}

/** What asks for a word before a task gets this status: which criteria hold, or why it is blocked. */
export function asksFirst(row: AnyRow, status: TaskStatus): Deed | undefined {
  if (status === 'completed' && (row as TaskRow).criteria?.some(({ met }) => !met)) return 'complete';
  return status === 'blocked' ? 'status' : undefined;
}

/** A card has no field in which what was wanted could be kept. */
function told(error: unknown): unknown {
  if (!(error instanceof Changed)) return error;
  const { id, status } = error.row;
  return new Refused({ ...error.problem, message: `${id} is ${statusText(status)} now`, hint: 'it was left as it is; move it again to have it so all the same' });
}
