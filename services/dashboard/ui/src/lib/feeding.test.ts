import { expect, test } from 'vitest';
import type { Entry } from './activity.svelte';
import { isWanted } from './feeding';

const entry = { position: 1, at: '', actor: 'Mara', goal: 'GOAL-0001', subject: 'TASK-0002', title: 'Paint it', verb: 'completed', tone: 'completed', type: 'task_completed', fresh: true } as Entry;

test('all words must be there, anywhere and in any case', () => {
  expect([isWanted(entry), isWanted(entry, 'mara PAINT'), isWanted(entry, 'task-0002 done'), isWanted(entry, ' ')]).toEqual([true, true, false, true]);
});

test('a kind is told by the sign; one that is not known lets everything through', () => {
  expect([isWanted(entry, '', 'done'), isWanted(entry, '', 'said'), isWanted(entry, '', 'nonsense')]).toEqual([true, false, true]);
});
