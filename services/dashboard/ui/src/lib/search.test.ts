import { expect, test } from 'vitest';
import type { Snapshot } from './api';
import { Search, TYPING_PAUSE_MS } from './search.svelte';

/** A search among fakes: it waits until it is let go on, and is answered when and with what it is told. */
function searchAmongFakes() {
  const asked: { words: string; answer: (ids: string[], next?: string) => void; fail: () => void }[] = [];
  const taken: string[] = [];
  let waiting: { delay_ms: number; then: () => void } | undefined;
  const search = new Search({
    find: (words) =>
      new Promise((resolve, reject) => {
        const answer = (ids: string[], next?: string) => resolve({ position: 9, epoch: 'one', goals: ids.map((id) => ({ id })), next } as Snapshot);
        asked.push({ words, answer, fail: () => reject(new Error('503')) });
      }),
    wait: (delay_ms, then) => {
      const wait = (waiting = { delay_ms, then });
      return () => {
        if (waiting === wait) waiting = undefined;
      };
    },
    take: (goals) => taken.push(...goals.map(({ id }) => id)),
  });
  const pause = () => {
    const delay_ms = waiting?.delay_ms;
    waiting?.then();
    waiting = undefined;
    return delay_ms;
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  return { search, asked, taken, pause, settle };
}

test('the server is asked once typing pauses, and what it finds is taken', async () => {
  const at = searchAmongFakes();
  for (const words of ['b', 'br', 'bridge']) at.search.look(words);
  expect(at.search.state).toBe('searching');
  expect(at.pause()).toBe(TYPING_PAUSE_MS);
  expect(at.asked.map(({ words }) => words)).toEqual(['bridge']);
  at.asked[0]!.answer(['GOAL-0001'], 'more');
  await at.settle();
  expect([at.search.state, [...at.search.found], at.search.more, at.taken]).toEqual(['done', ['GOAL-0001'], true, ['GOAL-0001']]);
});

test('an answer to an older question is not heard', async () => {
  const at = searchAmongFakes();
  at.search.look('bridge');
  at.pause();
  at.search.look('lawn');
  at.asked[0]!.answer(['GOAL-0001']);
  await at.settle();
  expect([at.search.state, [...at.search.found]]).toEqual(['searching', []]);
});

test('the same words are not asked again, unless what is known may be old; no words find nothing', async () => {
  const at = searchAmongFakes();
  at.search.look('bridge');
  at.pause();
  at.asked[0]!.answer(['GOAL-0001']);
  await at.settle();
  at.search.look(' bridge ');
  expect(at.pause()).toBeUndefined();
  at.search.again();
  expect(at.pause()).toBe(0);
  at.search.look('');
  expect([at.search.state, at.search.found.size]).toEqual(['nothing', 0]);
  at.search.again();
  expect(at.pause()).toBeUndefined();
});

test('a search that failed says so', async () => {
  const at = searchAmongFakes();
  at.search.look('bridge');
  at.pause();
  at.asked[0]!.fail();
  await at.settle();
  expect(at.search.state).toBe('failed');
});
