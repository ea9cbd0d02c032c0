// What the palette offers: where to go, what to do, and what goes by these words.

import type { Board } from './board.svelte';
import { ABOUT, ask, DEEDS, titleOf, type Deed } from './deeds';
import { keyboard } from './keyboard';
import { keptFilters } from './kept';
import type { Go } from './route';
import type { GoalRow, TaskRow } from './rows';
import { VIEWS } from './views';

export interface Item {
  id: string;
  group: 'This' | 'Do' | 'Go to' | 'Goals' | 'Tasks';
  title: string;
  icon: string;
  key?: string;
  /** Beside the title, for whoever chooses among several of a name. */
  about?: string;
  run(): unknown;
}

/** So many of one kind are offered. */
export const FOUND_MAX = 8;

/** What there always is; `subject` is the task or goal the keys are about. */
export function standing(board: Board, go: Go, subject: string | undefined): Item[] {
  const row = subject ? board.row(subject) : undefined;
  const deeds = board.at === undefined && row ? DEEDS.filter((deed) => ABOUT[deed].can(row)) : [];
  const doing = (deed: Deed): Item => ({ id: `do-${deed}`, group: 'This', title: `${titleOf(deed, row)} ${row?.id}`, icon: ABOUT[deed].icon, key: ABOUT[deed].key, about: row?.title, run: () => ask(board, deed, [row!.id]) });
  const acts: Item[] = [
    { id: 'new-goal', group: 'Do', title: 'New goal', icon: 'added', key: 'c', run: () => ask(board, 'create', []) },
    { id: 'undo', group: 'Do', title: 'Undo what I just did', icon: 'back', key: 'z', run: () => board.acting.undo() },
    { id: 'pause', group: 'Do', title: board.activity.paused ? 'Resume the activity' : 'Pause the activity', icon: 'pause', key: '.', run: () => board.activity.toggle() },
    { id: 'me', group: 'Do', title: 'Say who I am', icon: 'person', run: () => ask(board, 'me', []) },
    { id: 'keys', group: 'Do', title: 'Show the keys', icon: 'list', key: '?', run: () => keyboard.run('help', new KeyboardEvent('keydown')) },
  ];
  const places = VIEWS.map(({ name, title, icon, key }): Item => ({ id: `go-${name}`, group: 'Go to', title, icon, key: `g ${key}`, run: () => go({ view: name, goal: undefined, task: undefined }) }));
  const kept = keptFilters().map(({ name, hash }): Item => ({ id: `kept-${name}`, group: 'Go to', title: name, icon: 'list', about: 'filter', run: () => (location.hash = hash) }));
  return [...deeds.map(doing), ...acts.slice(board.at === undefined ? 0 : 2), ...places, ...kept];
}

export const goalItem = (go: Go) => ({ id, title, status }: GoalRow): Item => ({ id, group: 'Goals', title, icon: status, about: id, run: () => go({ goal: id, task: undefined }) });
export const taskItem = (go: Go) => ({ id, title, status, goal }: TaskRow): Item => ({ id, group: 'Tasks', title, icon: status, about: id, run: () => go({ goal, task: id }) });

/** Those that have every word somewhere, the ones that begin with the words first. */
export function choose(items: readonly Item[], words: string): Item[] {
  const wanted = words.trim().toLowerCase();
  if (wanted === '') return [...items];
  const parts = wanted.split(/\s+/);
  const text = ({ group, title, about = '' }: Item) => `${group} ${title} ${about}`.toLowerCase();
  const begins = ({ title }: Item) => (title.toLowerCase().startsWith(wanted) ? 0 : 1);
  return items.filter((item) => parts.every((part) => text(item).includes(part))).sort((a, b) => begins(a) - begins(b));
}
