import { expect, test } from 'vitest';
import { Pacer } from './pacer';

/** A pacer whose time and whose reads end when the test says so. */
function paced() {
  const timers: (() => void)[] = [];
  const reads: (() => void)[] = [];
  const run = () => new Promise<void>((done) => reads.push(done));
  const pacer = new Pacer(run, (_, then) => (timers.push(then), () => void timers.splice(timers.indexOf(then), 1)));
  const settle = () => new Promise((done) => setTimeout(done));
  return { pacer, reads, rested: () => timers.shift()?.(), answered: async (at: number) => (reads[at]?.(), await settle()) };
}

test('it reads at once, and a burst of events is one more read after the pause', async () => {
  const { pacer, reads, rested, answered } = paced();
  pacer.nudge();
  expect(reads.length).toBe(1);
  for (let event = 0; event < 100; event += 1) pacer.nudge();
  await answered(0);
  expect(reads.length).toBe(1);
  rested();
  expect(reads.length).toBe(2);
  await answered(1);
  rested();
  expect(reads.length).toBe(2);
});

test('a slow read is never overtaken by the next one', async () => {
  const { pacer, reads, rested, answered } = paced();
  pacer.nudge();
  pacer.nudge();
  rested();
  expect(reads.length).toBe(1);
  await answered(0);
  expect(reads.length).toBe(2);
});

test('after it was stopped nothing is read any more', async () => {
  const { pacer, reads, rested, answered } = paced();
  pacer.nudge();
  pacer.nudge();
  pacer.stop();
  rested();
  await answered(0);
  expect(reads.length).toBe(1);
});
