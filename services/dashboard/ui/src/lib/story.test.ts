import { expect, test } from 'vitest';
import type { LogRecord } from './log';
import { between, summary } from './story';

const record = (type: string, data: Record<string, unknown>, task?: string) => ({ type, data, goal: 'GOAL-0001', task, position: 1, at: '', command_id: 'c', event_id: 'e' }) as LogRecord;

test('a command is told in the order in which things were done, repeats as a number', () => {
  const told = summary([record('task_added', { title: 'B' }, 'TASK-0002'), record('task_added', { title: 'A' }, 'TASK-0001'), record('goal_created', { title: 'G' })]);
  expect(told.deeds.map(({ verb, times, title }) => [verb, times, title])).toEqual([['created', 1, 'G'], ['added', 2, 'A']]);
});

test('what came last sets the tone of a few deeds', () => {
  expect(summary([record('task_started', {}), record('task_claimed', {})]).tone).toBe('in_progress');
});

test('two moments differ field by field, and what is new differs from nothing', () => {
  const before = [{ id: 'TASK-0001', title: 'A', status: 'pending', version: 1 }];
  const after = [{ id: 'TASK-0001', title: 'A', status: 'completed', version: 9 }, { id: 'TASK-0002', title: 'B', version: 9 }];
  expect(between(before, after)).toEqual([
    { id: 'TASK-0001', title: 'A', fields: [{ field: 'status', from: 'pending', to: 'completed' }] },
    { id: 'TASK-0002', title: 'B', fields: [{ field: 'title', from: undefined, to: 'B' }] },
  ]);
  expect(between(before, before)).toEqual([]);
});
