// What is looked at stands in the URL: #/goal/GOAL-0001/TASK-0002?tab=graph&t=tasks, #/list?status=blocked&at=4711

/** The views that have a name of their own. An open goal is the view `goal`. */
export const VIEW_NAMES = ['goals', 'now', 'board', 'list', 'timeline', 'feed', 'events', 'agents', 'servers', 'connect', 'charts'] as const;
export type ViewName = (typeof VIEW_NAMES)[number];
export const TAB_NAMES = ['tree', 'graph', 'history'] as const;
export type TabName = (typeof TAB_NAMES)[number];

export interface Route {
  view: ViewName | 'goal';
  goal?: string;
  task?: string;
  /** How the open goal is looked at; `tree` when it is not said. */
  tab?: TabName;
  /** Filters the goals, or what the view shows. */
  q?: string;
  /** Filters the tasks of the open goal. */
  t?: string;
  /** Whose events are shown: those of the open goal, or everyone's. */
  feed?: 'goal';
  /** Time travel: the position of the log that is looked at; now, when it is not said. */
  at?: number;
  /** What the view itself keeps in the URL: its filters, its order. */
  params: Readonly<Record<string, string>>;
}

/** What to go to, seen from where one is. A parameter that is `undefined` is taken away. */
export type Change = Partial<Omit<Route, 'params'>> & { params?: Record<string, string | undefined> };
export type Go = (change: Change) => void;

const OWN = new Set(['tab', 'q', 't', 'feed', 'at']);

/** `search` is read as well, so that a link may say `?goal=GOAL-0001`. */
export function readRoute(hash: string, search = ''): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const wanted = new URLSearchParams(query);
  const [, opened, task] = /^\/goal\/(GOAL-\d+)(?:\/(TASK-\d+))?$/.exec(path) ?? [];
  const asked = /^GOAL-\d+$/.exec(new URLSearchParams(search).get('goal') ?? '')?.[0];
  const goal = opened ?? (path === '' ? asked : undefined);
  const at = Number(wanted.get('at') ?? undefined);
  return {
    view: goal ? 'goal' : (VIEW_NAMES.find((name) => path === `/${name}`) ?? 'goals'),
    ...present({
      goal,
      task,
      tab: goal && TAB_NAMES.find((name) => name !== 'tree' && name === wanted.get('tab')),
      q: wanted.get('q'),
      t: wanted.get('t'),
      feed: wanted.get('feed') === 'goal' && 'goal',
      at: Number.isSafeInteger(at) && at > 0 && at,
    }),
    params: Object.fromEntries([...wanted].filter(([name, value]) => value && !OWN.has(name))),
  };
}

/** The link to a place. What is not said is not taken from where one is. */
export function writeRoute({ view, goal, task, tab, q, t, feed, at, params }: Change): string {
  const own = present({ tab: goal && tab !== 'tree' && tab, q, t: goal && t, feed: goal && feed, at });
  const wanted = new URLSearchParams({ ...own, ...present(params ?? {}) } as Record<string, string>).toString();
  const path = goal ? `/goal/${goal}${task ? `/${task}` : ''}` : view && view !== 'goal' && view !== 'goals' ? `/${view}` : '/';
  return `#${path}${wanted && `?${wanted}`}`;
}

/**
 * Where a change leads. Another view begins with filters of its own, as one that was named does; the moment that is looked at stays,
 * and so does the filter of the goals while one of them is opened.
 */
export function changed(route: Route, change: Change): Route {
  const leaves = (change.view !== undefined && change.view !== route.view) || (change.goal !== undefined && change.goal !== route.goal);
  const kept: Change = leaves ? { at: route.at, q: isGoals(route) && (change.goal || change.view === 'goals') ? route.q : undefined } : route;
  const params = leaves ? change.params : { ...route.params, ...change.params };
  return readRoute(writeRoute({ ...kept, ...change, params }));
}

/** Whether `next` is another place rather than the same one filtered otherwise: the former makes history. */
export function isStep(route: Route, next: Route): boolean {
  const place = ({ view, goal, task, tab, at }: Route) => [view, goal, task, tab, at === undefined].join();
  return place(route) !== place(next);
}

const isGoals = ({ view }: Route) => view === 'goals' || view === 'goal';

function present<T extends object>(values: T): { [K in keyof T]?: NonNullable<Exclude<T[K], false | ''>> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value)) as never;
}
