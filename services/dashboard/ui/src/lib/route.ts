// What is looked at stands in the URL: #/goal/GOAL-0001/TASK-0002?q=goals&t=tasks&feed=goal

export interface Route {
  goal?: string;
  task?: string;
  /** Filters the goals. */
  q?: string;
  /** Filters the tasks. */
  t?: string;
  /** Whose events are shown: those of the open goal, or everyone's. */
  feed?: 'goal';
}

/** `search` is read as well, so that a link may say `?goal=GOAL-0001`. */
export function readRoute(hash: string, search = ''): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const wanted = new URLSearchParams(query);
  const [, goal, task] = /^\/goal\/(GOAL-\d+)(?:\/(TASK-\d+))?$/.exec(path) ?? [];
  const asked = /^GOAL-\d+$/.exec(new URLSearchParams(search).get('goal') ?? '')?.[0];
  return clean({
    goal: goal ?? (path === '' ? asked : undefined),
    task,
    q: wanted.get('q') ?? undefined,
    t: wanted.get('t') ?? undefined,
    feed: wanted.get('feed') === 'goal' ? 'goal' : undefined,
  });
}

export function writeRoute({ goal, task, q, t, feed }: Route): string {
  const wanted = new URLSearchParams(clean({ q, t: goal && t, feed: goal && feed }) as Record<string, string>).toString();
  const path = goal ? `/goal/${goal}${task ? `/${task}` : ''}` : '/';
  return `#${path}${wanted && `?${wanted}`}`;
}

function clean<T extends object>(route: T): T {
  return Object.fromEntries(Object.entries(route).filter(([, value]) => value)) as T;
}
