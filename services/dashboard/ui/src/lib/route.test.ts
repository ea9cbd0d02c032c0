import { expect, test } from 'vitest';
import { changed, isStep, readRoute, writeRoute } from './route';

test.each([
  '#/',
  '#/board',
  '#/list?q=paint&at=4711&status=blocked&sort=due',
  '#/goal/GOAL-0001',
  '#/goal/GOAL-0001/TASK-0002',
  '#/goal/GOAL-0001/TASK-0002?tab=graph',
  '#/goal/GOAL-0001?q=a+b&t=x&feed=goal',
])('%s is written as it is read', (hash) => {
  expect(writeRoute(readRoute(hash))).toBe(hash);
});

test('a goal may be asked for in the search part, and nonsense is no goal', () => {
  expect(readRoute('', '?goal=GOAL-0042')).toEqual({ view: 'goal', goal: 'GOAL-0042', params: {} });
  for (const hash of ['#/', '#/goal/../../x', '#/nowhere', '#/list/x', '#/?at=-1', '#/?at=x', '#/?at=1e999', '#/?tab=graph', '#/?x=']) {
    expect(readRoute(hash, '?goal=GOAL-0042'), hash).toEqual({ view: 'goals', params: {} });
  }
});

const after = (hash: string, change: Parameters<typeof changed>[1]) => writeRoute(changed(readRoute(hash), change));

test('another view begins with filters of its own, at the same moment', () => {
  expect(after('#/list?q=x&at=7&status=blocked', { view: 'board' })).toBe('#/board?at=7');
  expect(after('#/list?status=blocked', { view: 'board', params: { goal: 'GOAL-0001' } })).toBe('#/board?goal=GOAL-0001');
  expect(after('#/list?q=x', { goal: 'GOAL-0001', task: 'TASK-0002' })).toBe('#/goal/GOAL-0001/TASK-0002');
});

test('the filter of the goals stays while one of them is opened, and when it is left again', () => {
  expect(after('#/?q=x', { goal: 'GOAL-0001' })).toBe('#/goal/GOAL-0001?q=x');
  expect(after('#/goal/GOAL-0001?q=x&t=y', { goal: undefined, t: undefined })).toBe('#/?q=x');
  expect(after('#/goal/GOAL-0001?q=x', { view: 'list' })).toBe('#/list');
});

test('a filter of a view is changed by name, and taken away by undefined', () => {
  expect(after('#/list?status=blocked&sort=due', { params: { status: undefined, tag: 'a' } })).toBe('#/list?sort=due&tag=a');
  expect(after('#/list?status=blocked', { q: 'x' })).toBe('#/list?q=x&status=blocked');
});

test('another place makes history, another filter or moment does not', () => {
  const steps = (from: string, to: string) => isStep(readRoute(from), readRoute(to));
  expect(steps('#/', '#/board')).toBe(true);
  expect(steps('#/goal/GOAL-0001', '#/goal/GOAL-0001?tab=graph')).toBe(true);
  expect(steps('#/board', '#/board?at=7')).toBe(true);
  expect(steps('#/board?at=7', '#/board?at=8')).toBe(false);
  expect(steps('#/list', '#/list?q=x&status=blocked')).toBe(false);
});
