import { afterEach, expect, test, vi } from 'vitest';
import { readGoal } from './api';

afterEach(() => vi.unstubAllGlobals());

test('what was asked for early is taken once; what got no answer is asked for again', async () => {
  const answer = (title: string) => Promise.resolve(Response.json({ goal: { title } }));
  const [one, two] = ['/api/v1/goals/GOAL-0001', '/api/v1/goals/GOAL-0002'];
  const asked: string[] = [];
  vi.stubGlobal('window', { early: { reads: new Map<string, Promise<Response | undefined>>([[one, answer('early')], [two, Promise.resolve(undefined)]]) } });
  vi.stubGlobal('fetch', (path: string) => (asked.push(path), answer('late')));
  const titleOf = async (id: string) => (await readGoal(id)).goal.title;
  expect([await titleOf('GOAL-0001'), asked]).toEqual(['early', []]);
  expect([await titleOf('GOAL-0002'), asked]).toEqual(['late', [two]]);
  expect([await titleOf('GOAL-0001'), asked]).toEqual(['late', [two, one]]);
});
