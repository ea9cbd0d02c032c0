import { expect, test } from 'vitest';
import { beside, lanesOf } from './columns';
import type { TaskRow } from './rows';

const task = (number: number, more: Partial<TaskRow> = {}) => ({ id: `TASK-000${number}`, goal: 'GOAL-0001', status: 'pending', priority: 'medium', ...more }) as TaskRow;
const told = (lanes: ReturnType<typeof lanesOf>) => lanes.map(({ goal, columns }) => [goal, Object.fromEntries([...columns].map(([status, rows]) => [status, rows.map(({ id }) => Number(id.slice(5)))]))]);

test('the most important first, then the oldest; lanes by goal, the newest first', () => {
  const rows = [task(3), task(1), task(2, { priority: 'critical' }), task(4, { goal: 'GOAL-0002', status: 'blocked' })];
  expect(told(lanesOf(rows, false))).toEqual([['', { pending: [2, 1, 3], blocked: [4] }]]);
  expect(told(lanesOf(rows, true))).toEqual([['GOAL-0002', { blocked: [4] }], ['GOAL-0001', { pending: [2, 1, 3] }]]);
});

test('while somebody is at it, what stood in a column stays there and what is new comes last', () => {
  const before = lanesOf([task(1), task(2), task(3), task(4, { status: 'blocked' })], false);
  const now = [task(3, { priority: 'critical' }), task(2), task(1), task(4), task(5, { priority: 'critical' })];
  expect(told(lanesOf(now, false, before))).toEqual([['', { pending: [1, 2, 3, 5, 4] }]]);
  expect(told(lanesOf(now, false))).toEqual([['', { pending: [3, 5, 1, 2, 4] }]]);
});

test('columns end', () => {
  expect([beside('pending', 1), beside('pending', -1), beside('cancelled', 1)]).toEqual(['in_progress', undefined, undefined]);
});
