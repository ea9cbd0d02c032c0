import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Acting, DONE_SHOWN_MS } from './acting.svelte';
import { move, update } from './acts';
import { Board } from './board.svelte';
import { Refused, type Answer, type Command } from './commands';
import type { TaskRow } from './rows';

const task = (number: number, more: Partial<TaskRow> = {}) =>
  ({ id: `TASK-000${number}`, goal: 'GOAL-0001', title: 'Paint', status: 'pending', priority: 'medium', version: number, created_at: '', updated_at: '', ...more }) as TaskRow;

let sent: { command: Command; request: string }[];
let reply: (command: Command) => Answer;
let board: Board;
let acting: Acting;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  reply = () => ({ position: 9 });
  board = new Board();
  for (const row of [task(1), task(2), task(3, { goal: 'GOAL-0002' })]) board.tasks.set(row.id, { row, position: 1, changes: 0 });
  acting = new Acting({ shows: () => [board], until: async () => {}, actor: () => 'me' }, async (command, request) => {
    sent.push({ command, request });
    return reply(command);
  });
});
afterEach(() => void vi.useRealTimers());

const status = (id: string) => board.tasks.get(id)?.row.status;
const rows = (...ids: string[]) => ids.map((id) => board.tasks.get(id)!.row);
const refuse = (problem: object) => () => {
  throw new Refused({ code: 'CLAIMED', message: 'it is claimed', ...problem });
};

test('a row changes at once, before the server has answered', async () => {
  const running = acting.run(move(rows('TASK-0001'), 'in_progress', 'me'));
  expect(status('TASK-0001')).toBe('in_progress');
  await running;
  expect([sent.length, acting.toasts[0]?.text, acting.busy]).toEqual([1, 'TASK-0001 is in progress', 0]);
});

test('what is refused looks as before, and the reason stays until it was read', async () => {
  reply = refuse({ hint: 'wait', changed_by: 'mara' });
  expect(await acting.run(move(rows('TASK-0001'), 'in_progress', 'me'))).toBeUndefined();
  expect(status('TASK-0001')).toBe('pending');
  expect(acting.toasts).toMatchObject([{ tone: 'refused', text: 'It is claimed', hint: 'mara changed it meanwhile. Wait' }]);
  await vi.advanceTimersByTimeAsync(10 * DONE_SHOWN_MS);
  expect(acting.toasts).toHaveLength(1);
});

test('a newer row that came meanwhile is not rolled back', async () => {
  reply = () => {
    board.tasks.set('TASK-0001', { row: task(1, { status: 'blocked', version: 9 }), position: 8, changes: 1 });
    return refuse({})();
  };
  await acting.run(move(rows('TASK-0001'), 'in_progress', 'me'));
  expect(status('TASK-0001')).toBe('blocked');
});

test('of an update of several goals only what was refused goes back', async () => {
  reply = () => ({ position: 9, changed: [{ id: 'TASK-0001', version: 2 }, { id: 'TASK-0002', version: 3 }], conflicts: [{ code: 'CLAIMED', message: 'it is claimed', goal: 'GOAL-0002' }] });
  await acting.run(move(rows('TASK-0001', 'TASK-0002', 'TASK-0003'), 'in_progress', 'me'));
  expect(['TASK-0001', 'TASK-0002', 'TASK-0003'].map(status)).toEqual(['in_progress', 'in_progress', 'pending']);
  expect(acting.toasts).toMatchObject([{ tone: 'refused', text: 'It is claimed', hint: '1 of 3 are as they were: TASK-0003.' }]);
});

test('undo of what is still under way waits for it, and takes back nothing before it', async () => {
  await acting.run(move(rows('TASK-0001'), 'in_progress', 'me'));
  const second = acting.run(move(rows('TASK-0002'), 'in_progress', 'me'));
  acting.undo();
  expect(sent).toHaveLength(2);
  await second;
  expect(sent.slice(2).map(({ command }) => command.args)).toEqual([{ command: sent[1]?.request }]);
});

test('undo takes back the latest by its request ids, also when its toast is gone, and once', async () => {
  await acting.run(move(rows('TASK-0001'), 'in_progress', 'me'));
  await acting.run(move(rows('TASK-0002'), 'in_progress', 'me'));
  await vi.advanceTimersByTimeAsync(DONE_SHOWN_MS);
  expect(acting.toasts).toHaveLength(0);
  for (let times = 0; times < 3; times += 1) acting.undo();
  await vi.advanceTimersByTimeAsync(0);
  const [first, second, ...undone] = sent;
  expect(undone.map(({ command }) => command)).toEqual([second, first].map((one) => ({ name: 'undo', args: { command: one?.request } })));
});

test('whoever has nothing to take back is told so', async () => {
  expect(acting.undo()).toBe(false);
  await acting.run(move(rows('TASK-0001'), 'in_progress', 'me'));
  expect(acting.undo()).toBe(true);
});

test('a hint that is given again stands there once, and leaves by itself', async () => {
  acting.hint('Choose a task');
  acting.hint('Choose a task');
  expect(acting.toasts).toMatchObject([{ id: 2, tone: 'hint', text: 'Choose a task' }]);
  await vi.advanceTimersByTimeAsync(DONE_SHOWN_MS);
  expect(acting.toasts).toEqual([]);
});

test('the button of a message takes back what that message tells of', async () => {
  await acting.run(move(rows('TASK-0001'), 'in_progress', 'me'));
  await acting.run(move(rows('TASK-0002'), 'in_progress', 'me'));
  acting.undo(acting.toasts[0]?.undo);
  await vi.advanceTimersByTimeAsync(0);
  expect(sent.at(-1)?.command).toEqual({ name: 'undo', args: { command: sent[0]?.request } });
  expect(acting.toasts.map(({ text }) => text)).toEqual(['TASK-0002 is in progress', 'Taken back: TASK-0001 is in progress']);
});

test('tasks whose claim is ours go out alone, with its fence', () => {
  const mine = task(4, { claim: { holder: 'me', fence: 3, since: '', until: '' } });
  const { commands } = move([...rows('TASK-0001', 'TASK-0002'), mine], 'in_review', 'me');
  expect(commands.map(({ args }) => args)).toEqual([
    { ids: ['TASK-0001', 'TASK-0002'], set: { status: 'in_review' } },
    { ids: ['TASK-0004'], set: { status: 'in_review' }, fence: 3 },
  ]);
});

test('what another waits for goes out before it, and parts before what they are parts of', () => {
  const chain = [task(1, { after: ['TASK-0002'] }), task(2, { after: ['TASK-0009', 'TASK-0003'] }), task(3), task(4, { parent: 'TASK-0003' })];
  const { commands } = move(chain, 'completed', 'me');
  expect(commands[0]?.args.ids).toEqual(['TASK-0004', 'TASK-0003', 'TASK-0002', 'TASK-0001']);
});

test('more than a hundred go out in several commands; what has the status already does not', () => {
  const many = Array.from({ length: 250 }, (_, at) => task(1, { id: `TASK-${at}` }));
  expect(move(many, 'blocked', 'me').commands.map(({ args }) => (args.ids as string[]).length)).toEqual([100, 100, 50]);
  expect(move(many, 'pending', 'me').commands).toEqual([]);
});

test('tags that several are given take none of theirs away, also where one goes out alone', () => {
  const mine = task(4, { tags: ['a'], claim: { holder: 'me', fence: 3, since: '', until: '' } });
  const { commands, patches } = update([...rows('TASK-0001'), mine], {}, 'me', '', { add: { tags: ['b'] } });
  expect(commands.map(({ args }) => [args.add, args.remove])).toEqual([[{ tags: ['b'] }, undefined], [{ tags: ['b'] }, undefined]]);
  expect(patches.get('TASK-0004')).toEqual({ tags: ['a', 'b'] });
});

test('what comes and goes one by one shows at once, and what others have stays', () => {
  const { commands, patches } = update([task(1, { tags: ['a', 'b'], after: ['TASK-0002'] })], {}, 'me', '', { add: { tags: ['c'], after: ['TASK-0003'] }, remove: { tags: ['a'] } });
  expect(commands[0]?.args).toEqual({ ids: ['TASK-0001'], add: { tags: ['c'], after: ['TASK-0003'] }, remove: { tags: ['a'] } });
  expect(patches.get('TASK-0001')).toEqual({ tags: ['b', 'c'], after: ['TASK-0002', 'TASK-0003'] });
});
