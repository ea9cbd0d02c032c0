import { expect, test, vi } from 'vitest';
import { ago, countdown, day, isOverdue, minuteTime, span } from './time';

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
  expect(day('2026-11-30', now_ms)).toBe('30 Nov');
});

test('a day of another year says which', () => {
  const now_ms = Date.parse('2026-06-15T12:00:00Z');
  const moment = new Date(2026, 5, 14, 12).toISOString();
  expect([day('2020-01-01', now_ms), day('2027-01-01', now_ms), day(moment, now_ms)]).toEqual(['1 Jan 2020', '1 Jan 2027', '14 Jun']);
});

test('a day is overdue when it has ended, a moment when it is there', () => {
  const now_ms = Date.parse('2026-06-15T12:00:00Z');
  expect(['2026-06-14', '2026-06-15', '2026-06-15T12:00:00Z', '2026-06-15T12:00:01Z'].map((due) => isOverdue(due, now_ms))).toEqual([true, false, true, false]);
});

test('a time to the minute has no seconds, with its day or without', () => {
  const at_ms = new Date(2026, 5, 15, 12, 3, 59).getTime();
  expect(minuteTime(at_ms, at_ms)).toBe('12:03');
  expect(minuteTime(at_ms, at_ms + 24 * 3600 * 1000)).toBe('15 Jun 12:03');
});

test('what is on the first screen is written without Intl', async () => {
  const made = vi.spyOn(Intl, 'DateTimeFormat');
  vi.resetModules();
  const { clockTime, day } = await import('./time');
  const [at, now_ms] = [new Date(2026, 5, 4, 9, 3, 5).toISOString(), new Date(2026, 5, 4, 23, 0).getTime()];
  expect([clockTime(at, now_ms), clockTime(at, now_ms + 24 * 3600 * 1000), day(at, now_ms)]).toEqual(['09:03:05', '4 Jun 09:03', '4 Jun']);
  expect(made).not.toHaveBeenCalled();
  made.mockRestore();
});
