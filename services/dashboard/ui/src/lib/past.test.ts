import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Board } from './board.svelte';
import { PastBoard } from './past.svelte';

let asked: string[];
let past: PastBoard;
let slow: Record<string, Promise<void>>;

beforeEach(() => {
  [asked, slow] = [[], {}];
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path);
    await slow[path];
    const at = Number(/as_of=(\d+)/.exec(path)?.[1]);
    const goal = { id: 'GOAL-0001', title: `at ${at}`, version: at };
    const missing = path.includes('/GOAL-0001') && at < 3;
    const body = path.includes('/GOAL-0001') ? { position: at, epoch: 'e', goal, tasks: [{ id: 'TASK-0001', goal: 'GOAL-0001', title: `task at ${at}` }] } : { position: at, epoch: 'e', goals: at < 3 ? [] : [goal] };
    return { ok: !missing, status: missing ? 404 : 200, headers: new Headers(), json: async () => (missing ? {} : body) };
  });
  past = new PastBoard(new Board());
});
afterEach(() => vi.unstubAllGlobals());

const goalTitle = () => past.goals.get('GOAL-0001')?.row.title;
const taskTitle = () => past.tasks.get('TASK-0001')?.row.title;

test('goals and the open goal are put at a position together, forwards and back', async () => {
  past.open('GOAL-0001');
  await past.travel(9);
  expect([past.at, goalTitle(), taskTitle(), past.opening]).toEqual([9, 'at 9', 'task at 9', 'ready']);
  await past.travel(5);
  expect([past.at, goalTitle(), taskTitle()]).toEqual([5, 'at 5', 'task at 5']);
});

test('a moment that was seen is not asked for again', async () => {
  past.open('GOAL-0001');
  for (const position of [9, 5, 9]) await past.travel(position);
  expect(asked.length).toBe(4);
});

test('before it was created there is no goal, and that is said', async () => {
  past.open('GOAL-0001');
  await past.travel(9);
  await past.travel(2);
  await vi.waitFor(() => expect([past.goals.size, past.opening]).toEqual([0, 'missing']));
});

test('the last moment that was asked for wins, however slow another is', async () => {
  let answer = () => {};
  slow['/api/v1/goals?as_of=7'] = new Promise((resolve) => (answer = resolve));
  const first = past.travel(7);
  await past.travel(4);
  answer();
  await first;
  expect([past.at, goalTitle(), past.travelling]).toEqual([4, 'at 4', false]);
});

test('nothing is read at no moment', async () => {
  past.open('GOAL-0001');
  expect(asked).toEqual([]);
});
