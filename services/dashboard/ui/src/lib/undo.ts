// Taking back: what it would do, what is in its way, and doing it.

import { newRequestId, send } from './commands';
import { me } from './me.svelte';

export interface Undone {
  position: number;
  compensations?: { position?: number; type: string; id: string; undoes?: number }[];
  conflicts?: Record<string, unknown>[];
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

/** Why something is in the way, in the words of the server. */
export function conflictText(conflict: Record<string, unknown>): string {
  const { message, reason, hint, event, position, subject, id, goal } = conflict as Record<string, string | number | undefined>;
  const what = [subject ?? id ?? goal, (event ?? position) !== undefined && `#${event ?? position}`].filter(Boolean).join(' ');
  const why = message ?? reason ?? JSON.stringify(conflict);
  return [what && `${what}: `, why, hint && `; ${hint}`].filter(Boolean).join('');
}
