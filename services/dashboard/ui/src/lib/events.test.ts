import { expect, test } from 'vitest';
import source from '../../../../../events/domain/src/goal/event.rs?raw';
import { subjectTitle, tell } from './events';
import { EVENT_TYPES } from './stream';

/** The vocabulary as the domain declares it; a new event without a sentence would never be delivered to the page. */
function domainEvents(): string[] {
  const [, body = ''] = /pub enum GoalEvent \{\n([\s\S]*?)\n\}\n/.exec(source) ?? [];
  return [...body.matchAll(/^ {4}([A-Z]\w+) \{/gm)].map(([, name = '']) => name.replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase());
}

test('every event of the domain has a sentence, and no other has', () => {
  const declared = domainEvents();
  expect(declared.length).toBeGreaterThan(50);
  expect([...EVENT_TYPES].sort()).toEqual(declared.sort());
});

test('every sentence can be told of an event without details', () => {
  for (const type of EVENT_TYPES) expect(tell({ type, data: {} }).verb).not.toMatch(/undefined|null/);
});

test.each([
  ['task_claimed', { at: '2026-01-01T00:00:00Z', until: '2026-01-01T00:15:00Z' }, 'claimed', 'for 15m'],
  ['task_claimed', { at: '2026-01-01T00:00:00Z', until: '2026-01-01T00:00:20Z' }, 'claimed', 'for 20s'],
  ['claim_renewed', { from: '2026-01-01T00:15:00Z', to: '2026-01-01T00:30:00Z' }, 'renewed the claim on', 'for 15m more'],
  ['claim_renewed', { from: '2026-01-01T00:15:00Z', to: '2026-01-01T00:15:03Z' }, 'renewed the claim on', 'just now'],
  ['task_reprioritised', { from: 'low', to: 'critical' }, 'reprioritised', 'low → critical'],
  ['goal_due_set', { from: null, to: '2026-11-30' }, 'set the due date of', '2026-11-30'],
  ['task_assigned', { from: 'mara', to: null }, 'unassigned', 'was mara'],
  ['task_estimated', { from: null, to: 90 }, 'estimated', '1h 30m'],
  ['task_moved', { from: null, to: 'TASK-0002' }, 'moved', 'under TASK-0002'],
  ['dependency_added', { on: 'TASK-0003' }, 'put in order', 'after TASK-0003'],
  ['link_added', { link: { rel: 'pull_request', to: 'https://example.org/1' } }, 'linked', 'pull_request https://example.org/1'],
  ['comment_added', { kind: 'decision', body: 'Keep it.' }, 'recorded a decision on', 'Keep it.'],
  ['task_completed', { result: { enc: { key: 'k', nonce: 'n', ct: 'c' } } }, 'completed', 'sealed text'],
  ['goal_paused', {}, 'goal paused:', undefined],
])('%s reads well', (type, data, verb, detail) => {
  expect(tell({ type, data })).toMatchObject({ verb, detail });
});

test('the title comes from the rows, else from the event', () => {
  const meta = { position: 1, at: '', workspace: 'default', goal: 'GOAL-0001', subject: 'GOAL-0001', sequence: 1, actor: 'a', command_id: '' };
  expect(subjectTitle({ type: 'goal_created', data: { title: 'From the event' }, meta })).toBe('From the event');
  expect(subjectTitle({ type: 'goal_archived', data: {}, meta })).toBeUndefined();
});
