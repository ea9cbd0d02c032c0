// Finds goals among all there are. The page holds only those it has read, so whoever filters also asks the server, once typing pauses.

import type { Snapshot } from './api';
import type { GoalRow } from './rows';

/** How long nothing more must be typed. */
export const TYPING_PAUSE_MS = 250;

export interface Surroundings {
  find(words: string): Promise<Snapshot>;
  /** Calls back once after a while; returns how to call it off. */
  wait(delay_ms: number, then: () => void): () => void;
  /** What was found, and the position it was read at. */
  take(goals: GoalRow[], position: number): void;
}

/** nothing: no question. searching: it is asked, or about to be. done: `found` is the answer. failed: there was none. */
export type Searching = 'nothing' | 'searching' | 'done' | 'failed';

export class Search {
  state = $state<Searching>('nothing');
  /** The ids of what was found. */
  found = $state.raw<ReadonlySet<string>>(new Set());
  /** The server found more than it told. */
  more = $state(false);

  private words = '';
  private callOff = () => {};
  private asked = 0;

  constructor(private readonly around: Surroundings) {}

  /** Looks for goals with these words; without any, for nothing. */
  look(words = ''): void {
    if (words.trim() === this.words) return;
    this.words = words.trim();
    this.begin(TYPING_PAUSE_MS);
  }

  /** Asks once more, when what is known of the goals may be old. */
  again(): void {
    if (this.words !== '') this.begin(0);
  }

  private begin(delay_ms: number): void {
    this.callOff();
    this.asked += 1;
    this.state = this.words === '' ? 'nothing' : 'searching';
    // While more is typed, what was found stays: it would only flicker.
    if (this.words === '') [this.found, this.more] = [new Set(), false];
    else this.callOff = this.around.wait(delay_ms, () => void this.ask(this.asked));
  }

  private async ask(asked: number): Promise<void> {
    try {
      const { goals, position, next } = await this.around.find(this.words);
      if (asked !== this.asked) return;
      this.around.take(goals, position);
      [this.found, this.more, this.state] = [new Set(goals.map(({ id }) => id)), next !== undefined, 'done'];
    } catch {
      if (asked === this.asked) [this.found, this.more, this.state] = [new Set(), false, 'failed'];
    }
  }
}
