import { expect, test } from 'vitest';
import { Still } from './still.svelte';

test('rows stand still while they are held, and what is newer is counted', () => {
  let rows = ['a', 'b', 'c'];
  const still = new Still(() => rows, (row) => row);
  still.hold();
  expect([still.shown, still.newer]).toEqual([['a', 'b', 'c'], 0]);
  rows = ['c', 'a', 'b'];
  expect(still.shown).toEqual(['a', 'b', 'c']);
  still.release();
  expect([still.shown, still.newer]).toEqual([['c', 'a', 'b'], 0]);
});

test.for([
  [['a', 'b', 'c'], 1],
  [['a'], 1],
  [['b', 'a'], 2],
  [['x', 'a', 'b'], 3],
  [[], 2],
] as const)('of a and b, %j are %i newer', ([after, count]) => {
  let rows = ['a', 'b'];
  const still = new Still(() => rows, (row) => row);
  still.hold();
  rows = [...after];
  expect(still.newer).toBe(count);
});
