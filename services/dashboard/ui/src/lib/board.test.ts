import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Board } from './board.svelte';
import { RETRY_FIRST_MS } from './feed';

const row = { id: 'GOAL-0001', title: 'Paint', status: 'pending', version: 1 };
let asked: string[];
let answer: () => { status: number; body: unknown };

const down = () => {
  throw new TypeError('no connection');
};
const found = () => ({ status: 200, body: { position: 5, epoch: 'one', goal: row, tasks: [] } });

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  answer = down;
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path);
    const { status, body } = answer();
    return { status, ok: status === 200, headers: new Headers(), json: async () => body };
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A board on which a goal was opened while there was no connection. */
async function openedOffline() {
  const board = new Board();
  board.connected('offline');
  board.open('GOAL-0001');
  await vi.advanceTimersByTimeAsync(0);
  expect(board.opening).toBe('failed');
  return board;
}

test('a goal that was opened without a connection is read when there is one again', async () => {
  const board = await openedOffline();
  answer = found;
  board.connected('live');
  await vi.advanceTimersByTimeAsync(0);
  expect([board.opening, board.goals.get('GOAL-0001')?.row.title]).toEqual(['ready', 'Paint']);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(asked).toHaveLength(2);
});

test('one that cannot be read while there is a connection is tried again, less and less often', async () => {
  answer = () => ({ status: 503, body: {} });
  const board = new Board();
  board.connected('live');
  board.open('GOAL-0001');
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(RETRY_FIRST_MS);
  expect(asked).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(RETRY_FIRST_MS);
  expect(asked).toHaveLength(2);
  answer = found;
  await vi.advanceTimersByTimeAsync(RETRY_FIRST_MS);
  expect([asked.length, board.opening]).toEqual([3, 'ready']);
});

test('one that was left is not tried again', async () => {
  const board = await openedOffline();
  board.open(undefined);
  board.connected('live');
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(asked).toHaveLength(1);
});

test('the loss of the connection has a time, until it is back', () => {
  const board = new Board();
  const lost_ms = Date.now();
  board.connected('reconnecting');
  vi.advanceTimersByTime(10_000);
  board.connected('offline');
  expect(board.lostAt_ms).toBe(lost_ms);
  board.connected('live');
  expect(board.lostAt_ms).toBeUndefined();
});

test('a filter finds what is loaded by parts of words, and what the server found however old it is', () => {
  const board = new Board();
  const goal = (number: number, title: string) => ({ ...row, id: `GOAL-000${number}`, title, priority: 'medium' as const, status: 'pending' as const });
  const page = { position: 9, epoch: 'one', goals: [goal(8, 'Paint the fence'), goal(7, 'Mow the lawn')] as never[], next: 'older' };
  board.begin(page, false);
  board.search.found = new Set(['GOAL-0002']);
  board.goals.set('GOAL-0002', { row: goal(2, 'A bridge, painted') as never, position: 9, changes: 0 });
  const ids = (query: string) => board.filtered(query).map(({ row }) => row.id);
  expect(board.list.map(({ row }) => row.id)).toEqual(['GOAL-0008', 'GOAL-0007']);
  expect(ids('pain')).toEqual(['GOAL-0008', 'GOAL-0002']);
  board.search.found = new Set();
  expect(ids('goal-2')).toEqual(['GOAL-0002']);
});
