// The page's one clock: counts leases down and ages times, and never touches the network.

import { clockAhead_ms } from './api';

class Clock {
  now_ms = $state(Date.now());

  constructor() {
    this.tick();
  }

  private tick(): void {
    this.now_ms = Date.now() + clockAhead_ms;
    setTimeout(() => this.tick(), 1000 - (this.now_ms % 1000));
  }
}

export const clock = new Clock();
