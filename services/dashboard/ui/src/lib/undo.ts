// Taking back: what it would do, what is in its way, and doing it.

export interface Undone {
  position: number;
  dry_run?: boolean;
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

/** A repeat with the same `key` answers with the first receipt, so that a lost answer undoes nothing twice. */
export async function undo(request: UndoRequest, key?: string): Promise<Undone> {
  const answer = await fetch('/api/v1/commands/undo', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...(key && { 'idempotency-key': key }) },
    body: JSON.stringify(request),
  });
  const told = (await answer.json().catch(() => ({}))) as Undone & { message?: string; hint?: string };
  if (answer.ok) return told;
  // What is in the way is an answer as well, and it is shown.
  if (answer.status === 409 && told.conflicts) return told;
  throw new Error([told.message ?? `the server answered ${answer.status}`, told.hint].filter(Boolean).join('; '));
}

/** Why something is in the way, in the words of the server. */
export function conflictText(conflict: Record<string, unknown>): string {
  const { message, reason, hint, event, position, id, goal } = conflict as Record<string, string | number | undefined>;
  const what = [id ?? goal, (event ?? position) !== undefined && `#${event ?? position}`].filter(Boolean).join(' ');
  const why = message ?? reason ?? JSON.stringify(conflict);
  return [what && `${what}: `, why, hint && `; ${hint}`].filter(Boolean).join('');
}
