// What is read because somebody looks at it: the goal that is open, a task on its own, an older page. A reading that failed is made again.

import type { AnyRow } from './acts';
import { NotFound, readGoal, readGoals, readTask } from './api';
import { RETRY_FIRST_MS, RETRY_MAX_MS } from './feed';
import { wait } from './pacer';
import { forgetMissing } from './rows';
import { Holdings } from './holdings.svelte';

export type Opening = 'reading' | 'ready' | 'missing' | 'failed';

export class Reader extends Holdings {
  opening = $state<Opening>('reading');
  didYouMean = $state.raw<string[]>([]);

  private cancelRetry = () => {};
  private retries = 0;
  private asked = 0;

  open(id: string | undefined): void {
    if (id === this.opened) return;
    this.opened = id;
    this.opening = 'reading';
    this.asked += 1;
    this.cancelRetry();
    this.retries = 0;
    if (id) void this.readOpened(id);
  }

  /** Reads the open goal and its tasks; frames that arrive meanwhile are kept and win by version. */
  async readOpened(id: string): Promise<void> {
    this.cancelRetry();
    const asked = ++this.asked;
    try {
      const opened = await readGoal(id);
      this.take(opened);
      forgetMissing(this.tasks, opened.tasks, opened.position, (task) => task.goal === id);
      if (this.opened !== id) return;
      this.opening = 'ready';
      this.retries = 0;
    } catch (error) {
      if (asked !== this.asked) return;
      this.didYouMean = error instanceof NotFound ? error.didYouMean : [];
      if (error instanceof NotFound) return void (this.opening = 'missing');
      if (this.opening === 'reading') this.opening = 'failed';
      // Also without a lost connection: the server may have been without its database for a moment.
      const delay_ms = Math.min(RETRY_FIRST_MS * 2 ** this.retries++, RETRY_MAX_MS);
      this.cancelRetry = wait(delay_ms, () => void this.readOpened(id));
    }
  }

  async more(): Promise<void> {
    if (this.next) this.addPage(await readGoals(this.next));
  }

  /** One row with everything in it, several as they are; undefined when one cannot be had. */
  async whole(ids: string[]): Promise<AnyRow[] | undefined> {
    const [id] = ids;
    if (ids.length === 1 && id && !this.tasks.has(id) && !this.goals.has(id)) {
      await this.readRow(id).catch(() => {});
      return this.tasks.has(id) || this.goals.has(id) ? this.whole(ids) : undefined;
    }
    const rows = ids.map((id) => this.row(id));
    return rows.every((row) => row !== undefined) ? rows : undefined;
  }

  private async readRow(id: string): Promise<void> {
    if (id.startsWith('GOAL')) return this.take(await readGoal(id));
    const { position, task } = await readTask(id);
    this.learn([task], position);
  }
}
