// What a person does by key wherever they are: to the row that has the focus, else to what is open.

import type { Board } from './board.svelte';
import { ask, isPast, type Deed } from './deeds';
import type { Scope } from './keyboard';
import { needsOf, type Command } from './keys';
import type { Go, Route } from './route';

export function doing(board: Board, where: () => Route, go: Go): Scope {
  const subject = (event: KeyboardEvent) => (event.target as Element).closest<HTMLElement>('[data-id]')?.dataset.id ?? where().params.peek ?? where().task ?? where().goal;

  const withSubject = (act: (id: string) => unknown) => (event: KeyboardEvent) => {
    const id = subject(event);
    if (!id) return false;
    event.preventDefault();
    void act(id);
  };
  const deed = (name: Deed) => withSubject((id) => ask(board, name, [id]));

  /** Where its title stands: in its goal when that is open, else in the peek. */
  function rename(id: string) {
    if (isPast(board)) return;
    const { view, tab } = where();
    const isGoals = view === 'goals' || view === 'goal';
    if (id.startsWith('GOAL')) go({ goal: id, task: undefined });
    else go(isGoals ? { task: id, tab: tab === 'history' ? undefined : tab } : { params: { peek: id } });
    board.acting.edited = { id, field: 'title' };
  }

  return {
    palette: () => void (document.querySelector('dialog[open]') ?? (board.acting.palette = true)),
    undo: () => isPast(board) || board.acting.undo(),
    create: (event) => (event.preventDefault(), create(board, where())),
    edit: deed('edit'),
    rename: withSubject(rename),
    status: deed('status'),
    claim: deed('claim'),
    complete: deed('complete'),
    comment: deed('comment'),
  };
}

/** In a goal a task of it, elsewhere a goal. */
export function create(board: Board, { goal, params }: Route): void {
  const parent = goal ?? params.goal;
  void ask(board, 'create', parent ? [parent] : []);
}

/** Says what a key needs that nothing has heard. */
export function hint(board: Board, command: Command): void {
  const needs = needsOf(command);
  if (needs) board.acting.hint(needs);
}
