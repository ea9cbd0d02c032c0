import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LogFilter, LogRecord } from './log';
import { Records } from './records.svelte';

let head: number;
let asked: { filter: LogFilter; cursor?: string }[];
let records: Records;

/** A log of `head` records, read by pages of three. */
async function log(filter: LogFilter, cursor?: string) {
  asked.push({ filter, cursor });
  const end = cursor ? Number(cursor.slice('before:'.length)) - 1 : head;
  const since = Number(filter.since ?? 0);
  const all = Array.from({ length: Math.max(end - since, 0) }, (_, at) => ({ position: end - at, command_id: String(end - at) }) as LogRecord);
  const events = all.slice(0, 3);
  return { position: head, events, next: all.length > 3 ? `before:${events.at(-1)?.position}` : undefined };
}

const positions = () => records.shown.map(({ position }) => position);
const settle = () => vi.advanceTimersByTimeAsync(1100);

beforeEach(() => {
  vi.useFakeTimers();
  [head, asked] = [10, []];
  records = new Records(log);
});
afterEach(() => void vi.useRealTimers());

test('the newest first, older ones by page, and what is new on top', async () => {
  records.look({});
  await settle();
  await records.older();
  expect(positions()).toEqual([10, 9, 8, 7, 6, 5]);
  records.follow((head = 12));
  await settle();
  expect(positions()).toEqual([12, 11, 10, 9, 8, 7, 6, 5]);
});

test('what is held back waits, and comes once', async () => {
  records.look({});
  await settle();
  records.held = true;
  records.follow((head = 11));
  await settle();
  expect([positions()[0], records.waiting.length]).toEqual([10, 1]);
  records.release();
  records.release();
  expect(positions()).toEqual([11, 10, 9, 8]);
});

test('more than one reading brings is read anew, so that there is no hole', async () => {
  records.look({});
  await settle();
  records.follow((head = 20));
  await settle();
  expect(positions()).toEqual([20, 19, 18]);
});

test('a burst is two readings', async () => {
  records.look({});
  await settle();
  asked = [];
  for (let event = 0; event < 50; event += 1) records.follow(++head);
  await settle();
  await settle();
  expect(asked.length).toBeLessThanOrEqual(2 + 1);
});

test('a list that begins in the past does not follow', async () => {
  records.look({}, 5);
  await settle();
  records.follow((head = 30));
  await settle();
  expect([positions(), asked.length]).toEqual([[5, 4, 3], 1]);
});

test('another question forgets the answer to the one before', async () => {
  records.look({ actor: 'a' });
  records.look({ actor: 'b' });
  await settle();
  expect([positions(), asked.map(({ filter }) => filter.actor)]).toEqual([[10, 9, 8], ['a', 'b']]);
});
