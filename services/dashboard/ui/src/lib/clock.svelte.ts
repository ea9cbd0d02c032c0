// The page's one clock: counts leases down and ages times, and never touches the network.

import { clockAhead_ms } from './api';

class Clock {
  /** The present, whatever is looked at. */
  real_ms = $state(Date.now());
  /** The moment that is looked at in time travel: a lease that ran then is counted from then. */
  then_ms = $state<number>();

  constructor() {
    this.tick();
  }

  get now_ms(): number {
    return this.then_ms ?? this.real_ms;
  }

  private tick(): void {
    this.real_ms = Date.now() + clockAhead_ms;
    setTimeout(() => this.tick(), 1000 - (this.real_ms % 1000));
  }
}

export const clock = new Clock();
