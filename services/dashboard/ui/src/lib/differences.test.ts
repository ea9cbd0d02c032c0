import { expect, test } from 'vitest';
import { differences, plainly } from './differences';

test.each([
  ['task_retitled', { task: 'TASK-0001', from: 'a', to: 'b' }, [{ field: 'title', from: 'a', to: 'b' }]],
  ['goal_due_set', { from: null, to: '2026-11-30' }, [{ field: 'due', from: null, to: '2026-11-30' }]],
  ['task_metadata_set', { key: 'ticket', from: null, to: 'X-1' }, [{ field: 'metadata.ticket', from: null, to: 'X-1' }]],
  ['task_completed', { from: 'in_progress', to: 'completed', result: 'Done.', evidence: [] }, [{ field: 'status', from: 'in_progress', to: 'completed' }, { field: 'result', to: 'Done.' }]],
  ['task_blocked', { from: 'pending', to: 'blocked', reason: 'Rain' }, [{ field: 'status', from: 'pending', to: 'blocked' }, { field: 'reason', to: 'Rain' }]],
  ['task_blocked', { from: 'blocked', to: 'blocked', reason: 'Snow' }, [{ field: 'reason', to: 'Snow' }]],
  ['task_untagged', { tag: 'x' }, [{ field: 'tags', from: 'x' }]],
  ['task_archived', {}, [{ field: 'archived', from: false, to: true }]],
  ['task_added', { title: 'T', tags: [], criteria: [{ number: 1, text: 'ok' }] }, [{ field: 'title', to: 'T' }, { field: 'accept', to: [{ number: 1, text: 'ok' }] }]],
  ['goal_created', { title: 'T', metadata: { a: 1 } }, [{ field: 'title', to: 'T' }, { field: 'metadata.a', to: 1 }]],
  ['command_noted', {}, []],
])('%s is told field by field', (type, data, told) => expect(differences({ type, data })).toEqual(told));

test('values read plainly', () => {
  expect([null, true, 'in_progress', ['a', 'b'], { holder: 'ann', fence: 3 }, { rel: 'pull_request', to: 'x' }, { enc: 1 }, [{ number: 1, text: 'ok' }]].map(plainly)).toEqual([
    'nothing',
    'yes',
    'in progress',
    'a, b',
    'ann, fence 3',
    'pull request x',
    'sealed text',
    'ok',
  ]);
});
