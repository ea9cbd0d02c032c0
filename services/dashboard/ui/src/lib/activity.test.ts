import { expect, test } from 'vitest';
import { Activity, ENTRIES_MAX, type Entry } from './activity.svelte';
import { entryOf, type FeedEvent } from './events';

const event = (position: number) =>
  ({ type: 'task_added', data: { title: `Step ${position}` }, meta: { position, at: '', actor: 'mara', goal: 'GOAL-0001', subject: `TASK-${position}` } }) as unknown as FeedEvent;
const positions = (entries: Entry[]) => entries.map(({ position }) => position);

test('what happens before the sentences are there is told when they come, in its order, and once', () => {
  const heard: number[][] = [];
  const activity = new Activity((fresh) => heard.push(positions(fresh)));
  activity.add([event(1), event(2)], 2);
  activity.add([event(3)], 2);
  expect([activity.shown, heard]).toEqual([[], []]);
  activity.saidBy(entryOf);
  activity.saidBy(entryOf);
  activity.add([event(4)], 2);
  expect(positions(activity.shown)).toEqual([4, 3, 2, 1]);
  expect(heard.flat()).toEqual([3, 4]);
  expect(activity.shown[1]).toMatchObject({ verb: 'added', title: 'Step 3', fresh: true });
});

test('sentences that come once more let nothing go that is held back', () => {
  const activity = new Activity();
  activity.saidBy(entryOf);
  activity.paused = true;
  activity.add([event(1)], 0);
  activity.saidBy(entryOf);
  expect([positions(activity.shown), positions(activity.waiting)]).toEqual([[], [1]]);
});

test('no more waits for the sentences than is shown, and another log takes it away', () => {
  const activity = new Activity();
  activity.add(Array.from({ length: ENTRIES_MAX + 5 }, (_, at) => event(at + 1)), 0);
  activity.saidBy(entryOf);
  expect([activity.shown.length, activity.shown.at(-1)?.position]).toEqual([ENTRIES_MAX, 6]);
  const other = new Activity();
  other.add([event(1)], 0);
  other.clear();
  other.saidBy(entryOf);
  expect(other.shown).toEqual([]);
});
