import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FILTERS_MAX, forget, keep, keptFilters } from './kept';

const KEPT_AS = 'goalstream.filters';
let stored: Map<string, string>;

beforeEach(() => {
  stored = new Map();
  vi.stubGlobal('localStorage', { getItem: (name: string) => stored.get(name) ?? null, setItem: (name: string, value: string) => void stored.set(name, value) });
});
afterEach(() => vi.unstubAllGlobals());

const hashes = () => keptFilters().map(({ name, hash }) => `${name} ${hash}`);

test('a filter that is kept again under its name is mended, and the others stay', () => {
  keep({ name: 'Sanding', hash: '#/list?tag=sand' });
  keep({ name: 'Mine', hash: '#/list?view=mine' });
  keep({ name: 'Sanding', hash: '#/list?tag=sand&status=pending' });
  expect(hashes()).toEqual(['Mine #/list?view=mine', 'Sanding #/list?tag=sand&status=pending']);
  forget('Mine');
  expect(hashes()).toEqual(['Sanding #/list?tag=sand&status=pending']);
});

test('the oldest makes room', () => {
  for (let number = 0; number <= FILTERS_MAX; number += 1) keep({ name: `${number}`, hash: '#/list' });
  expect([keptFilters().length, keptFilters()[0]?.name]).toEqual([FILTERS_MAX, '1']);
});

test('what is no filter, or leads off the page, is not offered', () => {
  for (const wrong of ['{', '7', '{"name":"x"}', '[null, {"name": 1, "hash": "#/"}, {"name": "x", "hash": "https://example.org"}]']) {
    stored.set(KEPT_AS, wrong);
    expect(keptFilters(), wrong).toEqual([]);
  }
});

test('a browser that keeps nothing has them as long as the page is there', () => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => { throw new Error('full'); } });
  expect(keep({ name: 'Sanding', hash: '#/list' })).toEqual([{ name: 'Sanding', hash: '#/list' }]);
});
