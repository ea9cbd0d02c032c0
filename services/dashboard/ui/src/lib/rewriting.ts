// Writing over what stands there: whoever edits a value is in the way of nobody but who changed that very value meanwhile.

import type { Act, AnyRow } from './acts';
import type { Board } from './board.svelte';
import { Refused, type Answer } from './commands';
import { valuesOf, type Answers, type Field, type Form } from './forms';

/** What was read when somebody began to write, and what was made of it. */
export interface Rewriting {
  row: AnyRow;
  formOf: (row: AnyRow) => Form;
  answers: Answers;
}

/** Another has changed the same value. */
export class Changed extends Refused {
  constructor(
    { problem }: Refused,
    message: string,
    /** As the row is by now. */
    readonly row: AnyRow,
    /** What stands there by now where nothing was written. */
    readonly others: Answers,
  ) {
    super({ ...problem, code: 'CHANGED', message, hint: 'what you wrote is kept; send it again to write over that' });
  }
}

/** More of a text is not quoted. */
const QUOTED_MAX = 80;

/** Sends what was written, by `run`, on the row as it is by now. Undefined when there is nothing to be done. */
export async function rewrite(board: Pick<Board, 'row' | 'untilRow'>, { row, formOf, answers }: Rewriting, run: (act: Act) => Promise<Answer | undefined>): Promise<Answer | undefined> {
  const begun = formOf(row);
  const written = begun.fields.filter(({ name, value = '' }) => answers[name] !== value);
  const mine = Object.fromEntries(written.map(({ name }) => [name, answers[name] ?? '']));
  const lost = (values: Answers) => written.find(({ name, value = '' }) => values[name] !== value && values[name] !== mine[name]);
  const now = () => board.row(row.id) ?? row;
  const send = async () => {
    const form = formOf(now());
    // As it was when that is lost: the server says who is in the way.
    const act = lost(valuesOf(form)) ? guarded(begun.act(answers), row) : guarded(form.act({ ...valuesOf(form), ...mine }), now());
    return act && run(act);
  };
  try {
    return await send();
  } catch (error) {
    if (!isOld(error)) throw error;
    await board.untilRow(row.id, error.problem.current_version);
    const values = valuesOf(formOf(now()));
    const field = lost(values);
    if (field) throw new Changed(error, `${field.label} is ${quoted(values[field.name])} now`, now(), { ...values, ...mine });
    // Once only: somebody who writes that often is not to be waited for.
    return send();
  }
}

/** For several at once: those in which another has changed such a value meanwhile are kept as they are, and the others are as they are by now. */
export function parted(board: Pick<Board, 'row'>, rows: AnyRow[], { fields }: Form, answers: Answers): { left: AnyRow[]; kept?: string } {
  const written = fields.filter(({ name }) => answers[name] && name !== 'tags');
  const [left, kept]: [AnyRow[], string[]] = [[], []];
  for (const row of rows) {
    const now = board.row(row.id) ?? row;
    const value = (row: AnyRow, { name }: Field) => String(row[name as keyof AnyRow] ?? '');
    const lost = written.find((field) => value(now, field) !== value(row, field) && value(now, field) !== answers[field.name]);
    if (lost) kept.push(`${lost.label} of ${row.id} is ${quoted(value(now, lost))} now`);
    else left.push(now);
  }
  return { left, kept: kept[0] && `${kept[0]}${kept.length > 1 ? ` (and ${kept.length - 1} more)` : ''}` };
}

/** A value is written over as a whole, so the row must be as it was read. Tags come and go one by one, whatever others do with theirs. */
function guarded(act: Act | undefined, { version }: AnyRow): Act | undefined {
  return act && { ...act, commands: act.commands.map(({ name, args }) => ({ name, args: args.set ? { ...args, expect_version: version } : args })) };
}

type Old = Refused & { problem: { current_version: number } };
const isOld = (error: unknown): error is Old => error instanceof Refused && error.problem.code === 'CONFLICT' && error.problem.current_version !== undefined;
const quoted = (text = '') => (text === '' ? 'empty' : `“${text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text}”`);
