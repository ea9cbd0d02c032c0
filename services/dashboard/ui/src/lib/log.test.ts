import { expect, test } from 'vitest';
import { byCommand, cursorAt, filterOf, logPath, momentOf, type LogRecord } from './log';

const record = (position: number, command_id: string) => ({ position, command_id }) as LogRecord;

test('only what is wanted stands in the address', () => {
  expect(logPath('/api/v1/audit', {})).toBe('/api/v1/audit');
  expect(logPath('/api/v1/audit', { id: 'TASK-0001', actor: 'ann b', types: undefined }, { limit: 100, cursor: cursorAt(41) })).toBe(
    '/api/v1/audit?id=TASK-0001&actor=ann+b&limit=100&cursor=before%3A42',
  );
});

test('ids may be written anyhow; half an id asks for nothing yet', () => {
  expect(filterOf({ id: ' task-7 ', cause: '12' })).toMatchObject({ id: 'TASK-0007', cause: 12 });
  expect(filterOf({ id: 'GOAL-12345', cause: 'x' })).toMatchObject({ id: 'GOAL-12345', cause: undefined });
  expect(filterOf({ id: 'TASK-', actor: '  ' })).toEqual(filterOf({}));
});

test.each([
  ['4711', { position: 4711 }],
  [' #4711 ', { position: 4711 }],
  ['2026-11-30T12:00:00Z', { at: '2026-11-30T12:00:00.000Z' }],
  ['0', undefined],
  ['yesterday', undefined],
  ['25:99', undefined],
])('%s is a moment or it is not', (text, moment) => expect(momentOf(text)).toEqual(moment));

test('a time without a day is one of today', () => {
  const now = new Date(2026, 10, 30, 18, 5);
  expect(momentOf('17:29', now.getTime())).toEqual({ at: new Date(2026, 10, 30, 17, 29).toISOString() });
});

test('what one command did stands together', () => {
  const groups = byCommand([record(4, 'b'), record(3, 'b'), record(2, 'a'), record(1, 'b')]);
  expect(groups.map((group) => group.map(({ position }) => position))).toEqual([[4, 3], [2], [1]]);
});
