// Filters that somebody gave a name, kept in this browser: the name and the part of the URL.

const KEPT_AS = 'goalstream.filters';
export const FILTERS_MAX = 30;
export const NAME_LENGTH_MAX = 60;

export interface Kept {
  name: string;
  /** As it stands in the URL. */
  hash: string;
}

export function keptFilters(): Kept[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT_AS) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one): one is Kept => typeof one?.name === 'string' && typeof one?.hash === 'string' && one.hash.startsWith('#/')) : [];
  } catch {
    return [];
  }
}

/** The latest of a name counts. */
export function keep(filter: Kept): Kept[] {
  return store([...keptFilters().filter(({ name }) => name !== filter.name), filter].slice(-FILTERS_MAX));
}

export function forget(name: string): Kept[] {
  return store(keptFilters().filter((one) => one.name !== name));
}

function store(kept: Kept[]): Kept[] {
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing forgets them with the page.
  }
  return kept;
}
