// What goals and tasks are called that the page does not hold, asked for by the hundred.

import { SvelteMap } from 'svelte/reactivity';
import { read } from './api';
import type { Board } from './board.svelte';
import { Pacer, wait } from './pacer';

/** What one request may name. */
const IDS_MAX = 100;
/** So that a reader of the whole log does not fill the memory. */
const TITLES_MAX = 5000;

export class Titles {
  private known = new SvelteMap<string, string>();
  private wanted = new Set<string>();
  private asked = new Set<string>();
  private pacer = new Pacer(() => this.ask(), wait, 100);

  constructor(private readonly board: () => Board) {}

  of(id: string): string | undefined {
    const board = this.board();
    return (board.tasks.get(id) ?? board.goals.get(id))?.row.title ?? this.known.get(id);
  }

  want(ids: Iterable<string>): void {
    for (const id of ids) if (!this.asked.has(id) && this.of(id) === undefined) this.wanted.add(id);
    if (this.wanted.size > 0) this.pacer.nudge();
  }

  close = (): void => this.pacer.stop();

  private async ask(): Promise<void> {
    if (this.known.size > TITLES_MAX) this.known.clear();
    const ids = [...this.wanted].slice(0, IDS_MAX);
    for (const id of ids) (this.wanted.delete(id), this.asked.add(id));
    if (this.wanted.size > 0) this.pacer.nudge();
    await Promise.all([this.askOf('goals', ids), this.askOf('tasks', ids)]);
  }

  private async askOf(kind: 'goals' | 'tasks', ids: string[]): Promise<void> {
    const ours = ids.filter((id) => id.startsWith(kind === 'goals' ? 'GOAL' : 'TASK'));
    if (ours.length === 0) return;
    // Without titles the ids alone are shown; they are asked for again with the next view.
    const answer = await read<{ goals?: Named[]; tasks?: Named[] }>(`/api/v1/${kind}?ids=${ours.join(',')}&fields=id,title`).catch(() => undefined);
    for (const { id, title } of answer?.[kind] ?? []) this.known.set(id, title);
  }
}

interface Named {
  id: string;
  title: string;
}
