// The goal on the board: read by the tool `get` through the client, and read again when somebody asks for it.

import { SvelteMap } from 'svelte/reactivity';
import { applyRows, forgetMissing, type GoalRow, type Held, type TaskRow } from '../lib/rows';
import { structureOf, subjectOf, type Answer, type Read } from './answer';
import type { Call, Context, Listener } from './host';

/** A goal comes in portions; of one with more than these the rest is left out, and the page says so. */
const PORTIONS_MAX = 12;

export type State = 'waiting' | 'reading' | 'ready' | 'failed';

export class Shown implements Listener {
  goals = new SvelteMap<string, Held<GoalRow>>();
  tasks = new SvelteMap<string, Held<TaskRow>>();
  state = $state<State>('waiting');
  problem = $state('');
  /** The goals that the answer named, and which of them is looked at. */
  named = $state.raw<string[]>([]);
  goal = $state<string>();
  task = $state<string>();
  position = $state(0);
  isCut = $state(false);

  /** Without it only what the answer itself brings is shown. */
  call = $state.raw<Call>();

  private args: Record<string, unknown> = {};
  private readings = 0;

  constructor(private place: (context: Context) => void) {}

  connected(call: Call | undefined): void {
    this.call = call;
  }

  placed(context: Context): void {
    this.place(context);
  }

  asked(args: Record<string, unknown>): void {
    this.args = args;
  }

  cancelled(reason?: string): void {
    if (this.state === 'waiting') this.fail(new Error(reason ? `The call was cancelled: ${reason}` : 'The call was cancelled.'));
  }

  answered(answer: Answer): void {
    try {
      const { goals, task, position, read } = subjectOf(answer, this.args);
      this.named = goals;
      this.task = task;
      if (read) {
        this.take(read);
        this.look(goals[0]);
      } else if (goals[0]) void this.read(goals[0], position);
      else this.fail(new Error('The answer names no goal.'));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Looks at another of the goals that were named. */
  choose(id: string): void {
    this.task = undefined;
    if (this.goals.has(id)) this.look(id);
    else void this.read(id);
  }

  refresh(): void {
    if (this.goal) void this.read(this.goal);
  }

  tasksOf(goal: string): Held<TaskRow>[] {
    return [...this.tasks.values()].filter(({ row }) => row.goal === goal && !row.archived);
  }

  private async read(id: string, min_position?: number): Promise<void> {
    const { call } = this;
    if (!call) return this.fail(new Error(`This client shows pages but lets them read nothing. Ask for ${id} with its tree to see it here.`));
    const reading = ++this.readings;
    this.goal = id;
    this.state = 'reading';
    try {
      const whole = await readWhole(call, { ids: [id], include: ['tree'], ...(min_position ? { min_position } : {}) });
      if (reading !== this.readings) return;
      this.take(whole);
      this.isCut = whole.more !== undefined;
      this.look(id);
    } catch (error) {
      if (reading === this.readings) this.fail(error);
    }
  }

  private take({ position = 0, goals = [], more }: Read): void {
    for (const { tasks = [], ...goal } of goals) {
      applyRows(this.goals, [goal], position);
      applyRows(this.tasks, tasks, position);
      if (!more) forgetMissing(this.tasks, tasks, position, (task) => task.goal === goal.id);
    }
    this.position = position;
  }

  private look(id: string | undefined): void {
    this.goal = id;
    this.state = 'ready';
    this.problem = '';
  }

  private fail(error: unknown): void {
    this.state = 'failed';
    this.problem = error instanceof Error ? error.message : String(error);
  }
}

/** All portions of one goal, as one reading. */
async function readWhole(call: Call, args: object): Promise<Read> {
  const whole = structureOf(await call('get', args)) as Read;
  for (let portions = 1; whole.more && portions < PORTIONS_MAX; portions += 1) {
    const next = structureOf(await call('get', { ...args, cursor: whole.more })) as Read;
    whole.goals?.[0]?.tasks?.push(...(next.goals?.[0]?.tasks ?? []));
    whole.more = next.more;
  }
  return whole;
}
