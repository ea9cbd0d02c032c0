// What is left of the open goal, read again when its tasks have changed, soon but seldom.

import { NotFound, readPlan, type Plan } from './api';
import { Pacer, wait } from './pacer';

export class Outlook {
  plan = $state.raw<Plan>();
  failed = $state(false);

  private goal?: string;
  private pacer = new Pacer(() => this.read(), wait);

  /** `goal` is another one, or its tasks have changed; without a goal there is no plan. */
  look(goal: string | undefined): void {
    if (goal !== this.goal) [this.plan, this.failed] = [undefined, false];
    this.goal = goal;
    if (goal) this.pacer.nudge();
  }

  close(): void {
    this.goal = undefined;
    this.pacer.stop();
  }

  private async read(): Promise<void> {
    const { goal } = this;
    if (!goal) return;
    try {
      const plan = await readPlan(goal);
      if (goal === this.goal) [this.plan, this.failed] = [plan, false];
    } catch (error) {
      // That the goal has been taken away meanwhile is said by the page around.
      if (goal === this.goal) this.failed = !(error instanceof NotFound) || this.plan === undefined;
    }
  }
}
