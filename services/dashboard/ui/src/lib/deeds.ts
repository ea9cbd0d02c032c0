// What can be done to goals and tasks, the same by key, button, menu and palette. A deed asks in a form or goes straight out.

import { archive, canClaim, claim, move, release, type AnyRow } from './acts';
import type { Board } from './board.svelte';
import { clock } from './clock.svelte';
import { me } from './me.svelte';
import { isClosed, type TaskRow } from './rows';

export const DEEDS = ['edit', 'status', 'claim', 'complete', 'comment', 'task', 'cancel', 'reopen', 'archive', 'restore'] as const;
export type Deed = (typeof DEEDS)[number];

interface About {
  title: string;
  icon: string;
  key?: string;
  /** Whether it can be done to several at once. */
  many?: boolean;
  can: (row: AnyRow) => boolean;
}

const isTask = (row: AnyRow): row is TaskRow => row.id.startsWith('TASK');
const isOpen = ({ status }: AnyRow) => !isClosed(status);
const isMine = (row: AnyRow) => isTask(row) && row.claim?.holder === me.name;

export const ABOUT: Record<Deed, About> = {
  edit: { title: 'Edit', icon: 'changed', key: 'e', many: true, can: () => true },
  status: { title: 'Set status', icon: 'in_progress', key: 's', many: true, can: () => true },
  claim: { title: 'Claim', icon: 'claim', key: 'i', can: (row) => canClaim(row, me.name, clock.now_ms) },
  complete: { title: 'Complete', icon: 'criteria', key: 'd', can: isOpen },
  comment: { title: 'Comment', icon: 'said', key: 'm', can: () => true },
  task: { title: 'Add a task below', icon: 'added', can: isOpen },
  cancel: { title: 'Cancel', icon: 'cancelled', many: true, can: isOpen },
  reopen: { title: 'Reopen', icon: 'play', many: true, can: (row) => !isOpen(row) },
  archive: { title: 'Archive', icon: 'archive', many: true, can: ({ archived }) => !archived },
  restore: { title: 'Restore', icon: 'back', can: ({ archived }) => archived === true },
};

/** A claim of one's own is given back by what takes it. */
export const titleOf = (deed: Deed, row?: AnyRow) => (deed === 'claim' && row && isMine(row) ? 'Give back' : ABOUT[deed].title);

/** What is asked in a form. */
export interface Asked {
  deed: Deed | 'create' | 'me';
  rows: AnyRow[];
  /** Which field is meant. */
  field?: string;
  /** What is filled in already. */
  given?: Record<string, string>;
}

export async function ask(board: Board, deed: Asked['deed'], ids: string[], more: Partial<Pick<Asked, 'rows' | 'field' | 'given'>> = {}): Promise<void> {
  if (deed !== 'me' && isPast(board)) return;
  const rows = await board.whole(ids);
  if (!rows) return board.acting.tell(`${ids.join(', ')} could not be read`, 'Try again when the connection is back.');
  const [row] = rows;
  if (deed === 'claim' && row && isTask(row)) return void board.acting.run(isMine(row) ? release(row, me.name) : claim(row, me.name));
  if (deed === 'archive' || deed === 'restore') return void board.acting.run(archive(rows, me.name, deed === 'archive'));
  if (deed === 'reopen') return void board.acting.run(move(rows, 'pending', me.name));
  board.acting.asked = { deed, rows, ...more };
}

/** What is past is not changed, and whoever tries is told. */
export function isPast(board: Board): boolean {
  if (board.at !== undefined) board.acting.tell('What is past cannot be changed', 'Go back to now first.');
  return board.at !== undefined;
}
