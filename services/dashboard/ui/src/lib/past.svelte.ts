// Time travel: the board as it was at a position, read with as_of and frozen. The live board goes on behind it.

import { NotFound, readGoal, readGoals, reasonOf, type OpenedGoal, type Snapshot } from './api';
import { Board } from './board.svelte';
import { Search } from './search.svelte';

/** Moments that are kept, so that stepping back and forth asks once. */
const MOMENTS_MAX = 60;

export class PastBoard extends Board {
  /** A moment is on its way; what is shown is the one before. */
  travelling = $state(false);
  failure = $state('');

  private wanted = 0;
  private goalsThen = new Kept<Snapshot>(MOMENTS_MAX);
  private goalThen = new Kept<OpenedGoal>(MOMENTS_MAX);

  /** What is said of what is refused here is said where the live board's messages stand. */
  constructor({ acting }: Pick<Board, 'acting'>) {
    super();
    this.acting = acting;
    this.connection = 'live';
    // The words of the past are not indexed: only what was read is searched, and the list says so.
    const find = () => Promise.reject(new Error('the words of the past are not indexed'));
    this.search = new Search({ find, wait: (_, then) => (then(), () => {}), take: () => {} });
  }

  /** Puts everything at `position`. Only the last one that was asked for is shown, all of it at once. */
  async travel(position: number): Promise<void> {
    this.wanted = position;
    this.travelling = true;
    const { opened } = this;
    try {
      const [snapshot] = await Promise.all([this.snapshotOf(position), opened && this.openedOf(opened, position).catch(() => {})]);
      if (this.wanted !== position) return;
      this.failure = '';
      this.at = position;
      // Begun again, a board reads its open goal by itself; the first time it does not.
      const first = !this.loaded;
      this.begin(snapshot, true);
      this.position = position;
      if (first && this.opened) void this.readOpened(this.opened);
    } catch (error) {
      if (this.wanted === position) this.failure = reasonOf(error);
    }
    if (this.wanted === position) this.travelling = false;
  }

  /** What is known already is shown at once, so that nothing flickers while one moment follows the other. */
  override async readOpened(id: string): Promise<void> {
    const position = this.at ?? this.wanted;
    // Before the first moment was asked for there is nothing to read it at.
    if (position === 0) return;
    const known = this.goalThen.get(`${id}@${position}`);
    if (known) return this.show(known);
    try {
      const read = await this.openedOf(id, position);
      if (this.opened === id && (this.at ?? this.wanted) === position) this.show(read);
    } catch (error) {
      if (this.opened !== id) return;
      this.didYouMean = [];
      this.opening = error instanceof NotFound ? 'missing' : 'failed';
    }
  }

  override async more(): Promise<void> {
    if (this.next && this.at) this.addPage(await readGoals(this.next, this.at));
  }

  private show({ goal, tasks }: OpenedGoal): void {
    this.goals.set(goal.id, { row: goal, position: this.position, changes: 0 });
    for (const [id, { row }] of this.tasks) if (row.goal === goal.id) this.tasks.delete(id);
    for (const row of tasks) this.tasks.set(row.id, { row, position: this.position, changes: 0 });
    this.opening = 'ready';
  }

  private snapshotOf(position: number): Promise<Snapshot> {
    return this.goalsThen.read(String(position), () => readGoals(undefined, position));
  }

  private openedOf(id: string, position: number): Promise<OpenedGoal> {
    return this.goalThen.read(`${id}@${position}`, () => readGoal(id, position));
  }
}

/** Answers that never change, the last ones that were asked for. */
class Kept<T> {
  private answers = new Map<string, T>();

  constructor(private readonly max: number) {}

  get(key: string): T | undefined {
    return this.answers.get(key);
  }

  async read(key: string, ask: () => Promise<T>): Promise<T> {
    const answer = this.answers.get(key) ?? (await ask());
    this.answers.delete(key);
    this.answers.set(key, answer);
    const [oldest] = this.answers.keys();
    if (this.answers.size > this.max && oldest !== undefined) this.answers.delete(oldest);
    return answer;
  }
}
