// Rows that stand still while somebody is at them: what is newer waits, and is counted.

/** `rows` as they are, or as they were when `held` began. `keyOf` says which are the same ones. */
export class Still<T> {
  private before = $state.raw<T[]>();
  readonly newer: number = $derived.by(() => this.difference());

  constructor(
    private readonly rows: () => T[],
    private readonly keyOf: (row: T) => string,
  ) {}

  get shown(): T[] {
    return this.before ?? this.rows();
  }

  hold = (): void => void (this.before ??= this.rows());
  release = (): void => void (this.before = undefined);
  /** The focus goes; inside the rows it stays. */
  left = ({ currentTarget, relatedTarget }: FocusEvent): void => {
    if (!(currentTarget as Node).contains(relatedTarget as Node | null)) this.release();
  };

  /** How many rows would come, go, or stand elsewhere. */
  private difference(): number {
    if (!this.before) return 0;
    const [was, is] = [this.before.map(this.keyOf), this.rows().map(this.keyOf)];
    const moved = is.filter((key, at) => was[at] !== key).length;
    return Math.max(moved, was.filter((key) => !is.includes(key)).length);
  }
}
