// The views there are. Each is a chunk of its own, which is loaded when it is first looked at; only the list of goals is there from the start.

import type { Component } from 'svelte';
import type { Board } from './board.svelte';
import type { Go, Route, TabName, ViewName } from './route';

export interface ViewProps {
  board: Board;
  route: Route;
  go: Go;
}

/** The rest of the page, for this board; without it no part can act. */
export async function restFor(board: Board): Promise<typeof import('./rest')> {
  const rest = await import('./rest');
  rest.complete(board);
  return rest;
}

export type Load = () => Promise<{ default: Component<ViewProps> }>;

export interface View {
  name: ViewName;
  title: string;
  /** One of the symbols in index.html, without its `i-`. */
  icon: string;
  /** Pressed after `g`. */
  key: string;
  /** Without it, what App itself shows: the goals. */
  load?: Load;
  /** It shows the present, whatever moment the others look at. */
  timeless?: true;
}

export interface Tab {
  name: TabName;
  title: string;
  load?: Load;
}

/** In the order of the rail. On a telephone the first four stand in the bar, the others behind "More". */
export const VIEWS: readonly View[] = [
  { name: 'goals', title: 'Goals', icon: 'goals', key: 'g' },
  { name: 'now', title: 'Now', icon: 'now', key: 'n', timeless: true, load: () => import('../views/Now.svelte') },
  { name: 'board', title: 'Board', icon: 'board', key: 'b', load: () => import('../views/Board.svelte') },
  { name: 'list', title: 'List', icon: 'list', key: 'l', load: () => import('../views/List.svelte') },
  { name: 'timeline', title: 'Timeline', icon: 'timeline', key: 't', load: () => import('../views/Timeline.svelte') },
  { name: 'feed', title: 'Feed', icon: 'feed', key: 'f', timeless: true, load: () => import('../views/Feed.svelte') },
  { name: 'charts', title: 'Charts', icon: 'charts', key: 'h', load: () => import('../views/Charts.svelte') },
  { name: 'events', title: 'Events', icon: 'events', key: 'e', load: () => import('../views/Events.svelte') },
  { name: 'agents', title: 'Agents', icon: 'agents', key: 'a', timeless: true, load: () => import('../views/Agents.svelte') },
  { name: 'servers', title: 'Servers', icon: 'servers', key: 's', timeless: true, load: () => import('../views/Servers.svelte') },
  { name: 'connect', title: 'Connect', icon: 'connect', key: 'c', timeless: true, load: () => import('../views/Connect.svelte') },
];

/** The goal that is open, beside the list of goals. */
export const GOAL: Load = () => import('../components/GoalView.svelte');

/** The ways to look at one goal. */
export const TABS: readonly Tab[] = [
  { name: 'tree', title: 'Tasks' },
  { name: 'graph', title: 'Graph', load: () => import('../views/Graph.svelte') },
  { name: 'history', title: 'History', load: () => import('../views/History.svelte') },
];

/** The banner that is shown while a past moment is looked at, on whichever view: what moment it is, the slider, the way back. */
export const MOMENT: Load | undefined = () => import('../views/Moment.svelte');
