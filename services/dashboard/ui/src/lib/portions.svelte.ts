// What takes long to draw is drawn in portions, each a task of its own, so that a slow device answers keys and paints in between.

import { flushSync } from 'svelte';

/** A portion ends with the lines after which it has taken so long: on a device four times as slow it still is none that anybody feels. */
const PORTION_MS = 6;
const LINES_AT_ONCE = 2;
/** What comes to a list that is drawn is drawn at once when it is no more than this. More than that takes the last lines away for a moment. */
const ADDED_MAX = 20;

/** Counts the tasks after a component was made, up to `last`: it says what is drawn in which. To be called while it is made. */
export function steps(last: number): () => number {
  let step = $state(0);
  $effect(() => {
    if (step === last) return;
    const timer = setTimeout(() => (step += 1));
    return () => clearTimeout(timer);
  });
  return () => step;
}

/** How many lines of a list are drawn, of how many there are; all at once to a list that is drawn and `isHeld`. To be called while a component is made. */
export function portions(total: () => number, isHeld = () => false): () => number {
  let done = $state(0);
  let isWhole = $state(false);
  const drawn = $derived(isWhole && (total() - done <= ADDED_MAX || isHeld()) ? total() : Math.min(done, total()));

  $effect(() => {
    done = drawn;
    isWhole = drawn === total() && drawn > 0;
    if (drawn === total()) return;
    const timer = setTimeout(draw);
    return () => clearTimeout(timer);
  });

  function draw() {
    const until_ms = performance.now() + PORTION_MS;
    do flushSync(() => (done += LINES_AT_ONCE));
    while (drawn < total() && performance.now() < until_ms);
  }

  return () => drawn;
}
