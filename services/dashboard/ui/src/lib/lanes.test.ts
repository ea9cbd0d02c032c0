import { expect, test } from 'vitest';
import { lanes, ticks } from './lanes';
import { lasting, spanOf, statsPath, sum, valueText, type Attempt, type Bucket } from './statistics';

const at = (minute: number) => new Date(minute * 60_000).toISOString();
const attempt = (agent: string, from: number, until?: number): Attempt => ({ task: 'TASK-0001', goal: 'GOAL-0001', title: '', agent, fence: 1, from: at(from), ...(until !== undefined && { until: at(until), ended: 'completed' }) });
const MINUTES_10 = 600_000;

test('what happened at the same time lies in rows below each other, what followed in the same row', () => {
  const [lane] = lanes([attempt('a', 0, 4), attempt('a', 2, 6), attempt('a', 4, 8)], 0, MINUTES_10, MINUTES_10);
  expect([lane?.rows, lane?.bars.map(({ row }) => row)]).toEqual([2, [0, 1, 0]]);
});

test('what was too short to be seen lies beside nothing else', () => {
  const [lane] = lanes([attempt('a', 0, 0.01), attempt('a', 0.02, 4), attempt('a', 5, 6)], 0, MINUTES_10, MINUTES_10, 60_000);
  expect(lane?.bars.map(({ row }) => row)).toEqual([0, 1, 0]);
});

test('bars are cut at the edges, and what goes on lasts until now', () => {
  const [lane] = lanes([attempt('a', -5, 5), attempt('a', 8)], 0, MINUTES_10, 9 * 60_000);
  expect(lane?.bars.map(({ left, width, cut }) => [left, width, cut])).toEqual([[0, 0.5, true], [0.8, expect.closeTo(0.1), false]]);
});

test('agents stand by name, and those outside the span do not stand there', () => {
  expect(lanes([attempt('a-10', 0, 1), attempt('a-2', 0, 1), attempt('gone', -9, -8)], 0, MINUTES_10, MINUTES_10).map(({ agent }) => agent)).toEqual(['a-2', 'a-10']);
});

test('ticks are round moments, not too many', () => {
  expect(ticks(0, MINUTES_10, 6, 0).map((ms) => ms / 60_000)).toEqual([0, 2, 4, 6, 8, 10]);
  for (const span of [1e5, 1e7, 1e9, 1e11]) expect(ticks(0, span, 8, 0).length).toBeLessThanOrEqual(9);
});

test('spans of time and numbers', () => {
  expect([3, 59, 60, 3600, 12_000, 90_000, 172_800].map(lasting)).toEqual(['3s', '59s', '1m', '1h', '3h 20m', '1d 1h', '2d']);
  expect([spanOf('7d', '1h')[0], spanOf('nonsense', '1h')[0]]).toEqual(['7d', '1h']);
  expect(statsPath(0, 60_000, 60, 'GOAL-0001')).toBe('/api/v1/stats?from=1970-01-01T00%3A00%3A00.000Z&to=1970-01-01T00%3A01%3A00.000Z&buckets=60&goal=GOAL-0001');
  expect(sum([{ completed: 2 }, { completed: 3 }] as Bucket[], 'completed')).toBe(5);
});

test('numbers of a server read plainly', () => {
  expect([valueText('free_bytes', 24_288_710_656), valueText('lag_events', 1), valueText('answer_ms', 0.414), valueText('position', 80)]).toEqual(['24.3 GB free', 'lag 1 event', 'answer 0.4 ms', 'position 80']);
});
