import { beforeEach, expect, test, vi } from 'vitest';
import type { Act, AnyRow } from './acts';
import { Refused, type Answer } from './commands';
import { formOf, valuesOf, whyRefused } from './forms';
import { Changed, parted, rewrite } from './rewriting';
import type { TaskRow } from './rows';

const task = (more: Partial<TaskRow>) => ({ id: 'TASK-0001', title: 'Paint', priority: 'medium', version: 1, ...more }) as TaskRow;

/** What the page knows, and what is there. */
let [known, there]: [TaskRow, TaskRow] = [task({}), task({})];
let sent: Record<string, unknown>[];

const board = { row: (): AnyRow => known, untilRow: vi.fn(async () => void (known = there)) };
/** As the server does: a value is only written over at the version that was expected. */
const run = async ({ commands }: Act): Promise<Answer> => {
  const { args } = commands[0]!;
  sent.push(args);
  if (args.expect_version !== undefined && args.expect_version !== there.version) throw new Refused({ code: 'CONFLICT', message: 'TASK-0001 is at version 2', changed_by: 'ada', current_version: there.version });
  return { position: 9 };
};
const form = (row: AnyRow) => formOf({ deed: 'edit', rows: [row] }, 'me');
const write = (answers: Record<string, string>, row = task({})) => rewrite(board, { row, formOf: form, answers: { ...valuesOf(form(row)), ...answers } }, run);

beforeEach(() => {
  [known, there, sent] = [task({}), task({}), []];
});

test('what nobody else has changed is written over at once', async () => {
  await write({ title: 'Mine' });
  expect(sent).toEqual([{ ids: ['TASK-0001'], set: { title: 'Mine' }, expect_version: 1 }]);
});

test('what was changed beside it, and is known, is left as it is', async () => {
  known = there = task({ priority: 'high', version: 2 });
  await write({ title: 'Mine' });
  expect(sent).toEqual([{ ids: ['TASK-0001'], set: { title: 'Mine' }, expect_version: 2 }]);
});

test('what was changed beside it and was not heard yet is waited for, and it is sent once more', async () => {
  there = task({ priority: 'high', version: 2 });
  await write({ title: 'Mine' });
  expect(board.untilRow).toHaveBeenCalledWith('TASK-0001', 2);
  expect(sent.map(({ set, expect_version }) => [set, expect_version])).toEqual([[{ title: 'Mine' }, 1], [{ title: 'Mine' }, 2]]);
});

test('once more, and not for ever', async () => {
  there = task({ version: 2 });
  board.untilRow.mockResolvedValueOnce(undefined);
  await expect(write({ title: 'Mine' })).rejects.toThrow(Refused);
  expect(sent).toHaveLength(2);
});

test('whoever changed the same text is named, with what it is now, and sending it again writes over that', async () => {
  there = task({ title: 'Theirs', priority: 'high', version: 2 });
  const refused = await write({ title: 'Mine' }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Changed);
  expect(whyRefused(refused).text).toBe('Title is “Theirs” now. ada changed it meanwhile. What you wrote is kept; send it again to write over that');
  const { row, others } = refused as Changed;
  expect(others).toMatchObject({ title: 'Mine', priority: 'high' });
  await write(others as Record<string, string>, row as TaskRow);
  expect(sent.at(-1)).toEqual({ ids: ['TASK-0001'], set: { title: 'Mine' }, expect_version: 2 });
});

test('a value of any kind is not written over either', async () => {
  const theirs = { due: '2027-03-01', assignee: 'ada', priority: 'high', estimate_minutes: 30 } as const;
  const mine = { due: '2027-04-01', assignee: 'mara', priority: 'low', estimate: '1h' };
  const now = [['due', 'Due is “2027-03-01” now'], ['assignee', 'Assignee is “ada” now'], ['priority', 'Priority is “high” now'], ['estimate', 'Estimate is “30m” now']] as const;
  known = there = task({ ...theirs, version: 2 });
  for (const [field, said] of now) await expect(write({ [field]: mine[field] })).rejects.toThrow(said);
  expect(sent.map(({ expect_version }) => expect_version)).toEqual([1, 1, 1, 1]);
});

test('a status that is chosen where it stands is not written over either', async () => {
  known = there = task({ status: 'blocked', version: 2 });
  const formOfStatus = (row: AnyRow) => formOf({ deed: 'status', rows: [row] }, 'me');
  const row = task({ status: 'pending' });
  const writing = rewrite(board, { row, formOf: formOfStatus, answers: { ...valuesOf(formOfStatus(row)), status: 'in_review' } }, run);
  await expect(writing).rejects.toThrow('Status is “blocked” now');
});

test('tags of two who give them at the same time are all there', async () => {
  known = there = task({ tags: ['old', 'theirs'], version: 2 });
  await write({ tags: 'mine, old' }, task({ tags: ['old'] }));
  expect(sent).toEqual([{ ids: ['TASK-0001'], add: { tags: ['mine'] } }]);
});

test('what another has written just so is done already', async () => {
  known = there = task({ title: 'Mine', version: 2 });
  expect(await write({ title: 'Mine' })).toBeUndefined();
  expect(sent).toEqual([]);
});

test('of several at once those are left as they are that another has changed meanwhile, and are told', () => {
  const rows = [1, 2, 3, 4].map((number) => task({ id: `TASK-000${number}`, status: 'pending', priority: 'low', version: number }));
  const by: Partial<Record<string, Partial<TaskRow>>> = { 'TASK-0001': { status: 'blocked' }, 'TASK-0002': { status: 'in_review' }, 'TASK-0003': { title: 'Other', version: 9 } };
  const board = { row: (id: string): AnyRow => ({ ...rows.find((row) => row.id === id)!, ...by[id] }) };
  const to = (answers: Record<string, string>, deed: 'status' | 'edit' = 'status') => {
    const form = formOf({ deed, rows }, 'me');
    const { left, kept } = parted(board, rows, form, answers);
    return [kept, form.act(answers, left)?.commands.map(({ args }) => args.ids)];
  };
  expect(to({ status: 'failed', why: '' })).toEqual(['Status of TASK-0001 is “blocked” now (and 1 more)', [['TASK-0003', 'TASK-0004']]]);
  expect(to({ status: 'blocked', why: 'x' })).toEqual(['Status of TASK-0002 is “in_review” now', [['TASK-0003', 'TASK-0004']]]);
  expect(to({ priority: 'high', tags: 'a' }, 'edit')).toEqual([undefined, [rows.map(({ id }) => id)]]);
  by['TASK-0004'] = { priority: 'critical' };
  expect(to({ priority: 'high' }, 'edit')).toEqual(['Priority of TASK-0004 is “critical” now', [['TASK-0001', 'TASK-0002', 'TASK-0003']]]);
});
