import { expect, test } from 'vitest';
import type { TaskRow } from './rows';
import { nextSort, readFilter, select } from './table';

const NOW_MS = Date.parse('2026-06-15T12:00:00Z');
const task = (number: number, more: Partial<TaskRow> = {}) =>
  ({ id: `TASK-${String(number).padStart(4, '0')}`, goal: 'GOAL-0001', title: `Task ${number}`, status: 'pending', priority: 'medium', version: 1, created_at: '', updated_at: `2026-01-0${number}`, ...more }) as TaskRow;

const ROWS = [
  task(1, { title: 'Paint the bridge', tags: ['steel'], priority: 'low', due: '2026-06-14' }),
  task(2, { title: 'Scrape', status: 'blocked', goal: 'GOAL-0002', claim: { holder: 'mara', fence: 1, since: '', until: '' } }),
  task(3, { title: 'paint again', status: 'completed', priority: 'critical', due: '2026-06-01', assignee: 'me' }),
  task(4, { title: 'Prime', due: '2026-07-01', assignee: 'Ada' }),
];
const ids = (q: string | undefined, params: Record<string, string> = {}) => select(ROWS, readFilter(q, params), 'me', NOW_MS).map(({ id }) => Number(id.slice(5)));

test.each([
  [undefined, {}, [4, 3, 2, 1]],
  ['paint', {}, [3, 1]],
  ['PAINT bridge', {}, [1]],
  ['#ste', {}, [1]],
  ['goal-0002', {}, [2]],
  ['task-0004', {}, [4]],
  ['mara', {}, [2]],
  ['tag:steel', {}, [1]],
  ['goal:GOAL-0002 goal:GOAL-0001 status:blocked', {}, [2]],
  ['by:ada by:mara', {}, [4, 2]],
  ['priority:critical', { status: 'pending' }, []],
  ['nothing', {}, []],
  [undefined, { status: 'blocked,completed' }, [3, 2]],
  [undefined, { view: 'open' }, [4, 2, 1]],
  [undefined, { view: 'mine' }, [3]],
  [undefined, { view: 'overdue' }, [1]],
  [undefined, { view: 'unclaimed' }, [4, 1]],
  [undefined, { view: 'unheard-of' }, [4, 3, 2, 1]],
  ['paint', { tag: 'steel', priority: 'low', goal: 'GOAL-0001' }, [1]],
  [undefined, { who: 'mara' }, [2]],
])('%s with %j finds %j', (q, params, found) => {
  expect(ids(q, params)).toEqual(found);
});

test.each([
  ['priority', [3, 4, 2, 1]],
  ['priority:up', [1, 4, 2, 3]],
  ['title', [3, 1, 4, 2]],
  ['due', [3, 1, 4, 2]],
  ['due:down', [4, 1, 3, 2]],
  ['who', [4, 2, 3, 1]],
  ['changed', [4, 3, 2, 1]],
  ['id:up', [1, 2, 3, 4]],
  ['nonsense', [4, 3, 2, 1]],
])('sorted by %s: %j; what has no value stands last', (sort, found) => {
  expect(ids(undefined, { sort })).toEqual(found);
});

test('a column is sorted as it is best, then the other way round, then not at all', () => {
  const clicks = (column: 'due' | 'changed') => {
    const first = nextSort(readFilter(undefined, {}), column, false);
    const second = nextSort(readFilter(undefined, { sort: first! }), column, true);
    return [first, second, nextSort(readFilter(undefined, { sort: second! }), column, true)];
  };
  expect([clicks('due'), clicks('changed')]).toEqual([['due', 'due:down', undefined], ['changed', 'changed:up', undefined]]);
});
