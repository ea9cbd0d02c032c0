import { expect, test } from 'vitest';
import type { GoalRow, TaskRow } from './rows';
import { matching } from './terms';

const row = {
  id: 'TASK-0007',
  goal: 'GOAL-0002',
  title: 'Write the relay',
  status: 'in_progress',
  priority: 'high',
  tags: ['NATS', 'two words'],
  assignee: 'mara',
  claim: { holder: 'claude-1', fence: 1, since: '', until: '' },
} as TaskRow;

test.each(['', 'relay', 'TASK-0007', 'in progress', '#nats', 'claude-1 write', '"the relay"'])('every word of %s is found: title, id, status, tags, people', (query) => {
  expect(matching(query)(row)).toBe(true);
});

test.each(['relay docs', '"relay the"', 'tag:', 'when:now'])('%s is not there', (query) => {
  expect(matching(query)(row)).toBe(false);
});

test.each([
  ['tag:nats', true],
  ['tag:nat', false],
  ['tag:"two words" tag:nats write', true],
  ['tag:nats tag:docs', false],
  ['goal:GOAL-0001 goal:goal-2', true],
  ['goal:GOAL-0001', false],
  ['by:mara', true],
  ['by:ada by:claude-1', true],
  ['by:ada', false],
  ['status:blocked status:in_progress', true],
  ['status:in', false],
  ['priority:low priority:high relay', true],
  ['priority:low relay', false],
  ['constructor:mara', false],
])('as in the search of the server, %s: %s', (query, found) => {
  expect(matching(query)(row)).toBe(found);
});

test('a goal is of its own', () => {
  const goal = { id: 'GOAL-0002', title: 'Relay', status: 'pending', priority: 'low' } as GoalRow;
  expect(['goal:GOAL-0002', 'goal:GOAL-0001', 'by:mara'].map((query) => matching(query)(goal))).toEqual([true, false, false]);
});
