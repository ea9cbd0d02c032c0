// An answer of the server that a view shows, read again when the feed says that something happened. Nothing here polls.

import { untrack } from 'svelte';
import { read, reasonOf } from './api';
import type { Board } from './board.svelte';
import { Pacer, wait } from './pacer';

export class Reading<T> {
  /** What was answered last; it stays while the next answer is on its way. */
  value = $state.raw<T>();
  /** Why there is no newer answer, in words. */
  failure = $state<string>();
  /** The answer to what is asked now has not come yet. */
  busy = $state(true);

  private path: () => string | undefined = () => undefined;
  private asked = new AbortController();
  private pacer = new Pacer(() => this.read(), wait);

  /** Asks something else. What was asked before is called off. `path` is made anew for each reading: it may name the time. */
  ask(path: () => string | undefined): void {
    this.path = path;
    this.busy = true;
    this.asked.abort();
    void this.read();
  }

  /** Something happened, so that the answer may be another one. */
  again = (): void => this.pacer.nudge();

  close(): void {
    this.pacer.stop();
    this.asked.abort();
  }

  private async read(): Promise<void> {
    const path = this.path();
    if (!path) return;
    this.asked.abort();
    const asked = (this.asked = new AbortController());
    try {
      const value = await read<T>(path, asked.signal);
      if (asked.signal.aborted) return;
      [this.value, this.failure, this.busy] = [value, undefined, false];
    } catch (error) {
      if (!asked.signal.aborted) [this.failure, this.busy] = [reasonOf(error), false];
    }
  }
}

/** A reading of `path` for as long as the component lives that calls this, made again when the log grows and when the connection is back. */
export function reading<T>(path: () => string | undefined, board: () => Pick<Board, 'position' | 'connection'>): Reading<T> {
  const one = new Reading<T>();
  $effect(() => {
    // Read here for what it depends on.
    path();
    untrack(() => one.ask(path));
  });
  let first = true;
  $effect(() => {
    const { position, connection } = board();
    if (!first && connection === 'live' && position > 0) untrack(one.again);
    first = false;
  });
  $effect(() => () => one.close());
  return one;
}
