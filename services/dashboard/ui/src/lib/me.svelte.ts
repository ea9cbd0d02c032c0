// Who acts in this browser. There is no log-in, so it is a claim: the name that the log will say.

const KEPT_AS = 'goalstream.me';
export const NAME_LENGTH_MAX = 100;
/** Until somebody says who they are. */
export const NOBODY = 'dashboard';

class Me {
  name = $state(kept() || NOBODY);

  is(name: string): void {
    // By letters: half of one has no code.
    this.name = [...name.trim()].slice(0, NAME_LENGTH_MAX).join('') || NOBODY;
    try {
      localStorage.setItem(KEPT_AS, this.name);
    } catch {
      // A browser that keeps nothing asks again next time.
    }
  }
}

function kept(): string | null {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null;
  }
}

export const me = new Me();
