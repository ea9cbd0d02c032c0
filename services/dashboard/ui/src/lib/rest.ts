// The rest of the page: what the first screen does without until it is live. It is one chunk, which is asked for when the page is drawn, and no part
// that is loaded later is shown without it.

import { Acting } from './acting.svelte';
import type { Board } from './board.svelte';
import { entryOf } from './events';
import { me } from './me.svelte';

export { default as ActivityFeed } from '../components/ActivityFeed.svelte';
export { default as Messages } from '../components/Messages.svelte';
export { ask } from './deeds';
export { create, doing, hint } from './doing';

/** Gives a board what it was made without: who carries out what is done there, and the sentences of what has happened. */
export function complete(board: Board): void {
  board.acting ??= new Acting({ shows: () => board.showing(), until: (position) => board.until(position), actor: () => me.name });
  board.activity.saidBy(entryOf);
}
