// Reads again what has become old, soon but seldom: at once after a rest, then at most once in a while, never twice at a time.

/** However fast the log runs, a view reads at most this often. */
export const PAUSE_MS = 1000;

export type Wait = (delay_ms: number, then: () => void) => () => void;

export class Pacer {
  private resting = false;
  private running = false;
  private wanted = false;
  private cancel = () => {};

  constructor(
    private readonly run: () => Promise<unknown>,
    private readonly wait: Wait,
    private readonly pause_ms = PAUSE_MS,
  ) {}

  /** Something happened. */
  nudge(): void {
    this.wanted = true;
    if (!this.resting && !this.running) void this.go();
  }

  stop(): void {
    this.cancel();
    [this.wanted, this.resting] = [false, false];
  }

  private async go(): Promise<void> {
    [this.wanted, this.running, this.resting] = [false, true, true];
    this.cancel = this.wait(this.pause_ms, () => {
      this.resting = false;
      this.again();
    });
    try {
      await this.run();
    } finally {
      this.running = false;
      this.again();
    }
  }

  private again(): void {
    if (this.wanted && !this.resting && !this.running) void this.go();
  }
}

export function wait(delay_ms: number, then: () => void): () => void {
  const timer = setTimeout(then, delay_ms);
  return () => clearTimeout(timer);
}
