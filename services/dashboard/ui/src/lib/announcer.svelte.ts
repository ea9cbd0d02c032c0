// One polite sentence for screen readers, at most every few seconds, however fast the log runs.

import type { Entry } from './activity.svelte';

export const ANNOUNCE_PAUSE_MS = 5000;

export class Announcer {
  text = $state('');
  private count = 0;
  private last?: Entry;
  private resting = false;

  tell(entries: Entry[]): void {
    if (entries.length === 0) return;
    this.count += entries.length;
    this.last = entries[0];
    if (!this.resting) this.speak();
  }

  private speak(): void {
    this.resting = false;
    if (!this.last) return;
    const { actor, verb, subject, title, detail } = this.last;
    const sentence = [actor, verb, subject, title, detail].filter(Boolean).join(' ');
    this.text = this.count === 1 ? sentence : `${this.count} events, the last: ${sentence}`;
    [this.count, this.last, this.resting] = [0, undefined, true];
    setTimeout(() => this.speak(), ANNOUNCE_PAUSE_MS);
  }
}
