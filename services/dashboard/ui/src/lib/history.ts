// Alone, so that what begins before the page does need not wait for the rest of the page.

/** How many events from before the snapshot are asked for, so that the feed does not start empty. */
export const HISTORY_EVENTS = 50;
