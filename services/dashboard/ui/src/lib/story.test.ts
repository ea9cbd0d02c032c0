import { expect, test } from 'vitest';
import type { LogRecord } from './log';
import { bySubject, summary } from './story';

const record = (type: string, data: Record<string, unknown>, task?: string) => ({ type, data, goal: 'GOAL-0001', task, position: 1, at: '', command_id: 'c', event_id: 'e' }) as LogRecord;

test('a command is told in the order in which things were done, repeats as a number', () => {
  const told = summary([record('task_added', { title: 'B' }, 'TASK-0002'), record('task_added', { title: 'A' }, 'TASK-0001'), record('goal_created', { title: 'G' })]);
  expect(told.deeds.map(({ verb, times, title }) => [verb, times, title])).toEqual([['created', 1, 'G'], ['added', 2, 'A']]);
});

test('what came last sets the tone of a few deeds', () => {
  expect(summary([record('task_started', {}), record('task_claimed', {})]).tone).toBe('in_progress');
});

test('what differs is told by goal and task, in the order in which they came', () => {
  const [one, other, more] = [{ id: 'TASK-0002', field: 'title', to: 'B' }, { id: 'GOAL-0001', field: 'due', to: 'x' }, { id: 'TASK-0002', field: 'tags', to: ['y'] }];
  expect([...bySubject([one, other, more])]).toEqual([['TASK-0002', [one, more]], ['GOAL-0001', [other]]]);
});
