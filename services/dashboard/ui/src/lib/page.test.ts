import { expect, test } from 'vitest';
import { readRoute, writeRoute } from './route';
import { ago, countdown, day, span } from './time';

test.each(['#/', '#/goal/GOAL-0001', '#/goal/GOAL-0001/TASK-0002', '#/goal/GOAL-0001?q=a+b&t=x&feed=goal'])('%s is written as it is read', (hash) => {
  expect(writeRoute(readRoute(hash))).toBe(hash);
});

test('a goal may be asked for in the search part, and nonsense is no goal', () => {
  expect(readRoute('', '?goal=GOAL-0042')).toEqual({ goal: 'GOAL-0042' });
  expect(readRoute('#/', '?goal=GOAL-0042')).toEqual({});
  expect(readRoute('#/goal/../../x')).toEqual({});
});

test('leases count down to nothing', () => {
  const now_ms = Date.parse('2026-01-01T00:00:00Z');
  expect(countdown('2026-01-01T00:00:59.5Z', now_ms)).toBe('1:00');
  expect(countdown('2026-01-01T01:02:03Z', now_ms)).toBe('1h 2m');
  expect(countdown('2026-01-01T00:59:59Z', now_ms)).toBe('59:59');
  expect(countdown('2026-01-01T00:00:00Z', now_ms)).toBeUndefined();
});

test('ages and spans are short, and a date keeps its day in every zone', () => {
  const now_ms = Date.parse('2026-01-03T00:00:00Z');
  expect([ago('2026-01-03T00:00:30Z', now_ms), ago('2026-01-02T23:55:00Z', now_ms), ago('2026-01-01T00:00:00Z', now_ms)]).toEqual(['now', '5m', '2d']);
  expect([span(0), span(45), span(60), span(135)]).toEqual(['0m', '45m', '1h', '2h 15m']);
  expect(day('2026-11-30')).toBe('30 Nov');
});
