// Taking back: what it would do, what is in its way, and doing it.

import { newRequestId, send, type Problem } from './commands';
import { me } from './me.svelte';

export interface Undone {
  position: number;
  compensations?: { position?: number; type: string; id: string; undoes?: number }[];
  conflicts?: Problem[];
}

export interface UndoRequest {
  events?: number[];
  /** `#4711`: all that the command of this event did. */
  command?: string;
  force?: boolean;
  dry_run?: boolean;
}

/** A repeat with the same `requestId` answers with the first receipt, so that a lost answer undoes nothing twice. */
export async function undo(request: UndoRequest, requestId = newRequestId()): Promise<Undone> {
  return (await send({ name: 'undo', args: { ...request } }, requestId, me.name)) as unknown as Undone;
}
