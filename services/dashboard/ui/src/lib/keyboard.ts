// Who hears a key: the part of the page that came last first, then those below it, then the page itself.

import { commandOf, isTyping, type Command } from './keys';

/** What comes before the letter of a view. */
export const GO = 'g';
/** The letter must come within this. */
const CHORD_MS_MAX = 1500;

/** What a part of the page does for a command; `false` leaves it to what lies below. */
export type Scope = Partial<Record<Command, (event: KeyboardEvent) => unknown>>;

export class Keyboard {
  private scopes: Scope[] = [];
  private chordUntil_ms = 0;

  /** Hears before those that were there before; returns how to stop. */
  use(scope: Scope): () => void {
    this.scopes = [...this.scopes, scope];
    return () => void (this.scopes = this.scopes.filter((other) => other !== scope));
  }

  /** Whether anything has heard it. */
  run(command: Command, event: KeyboardEvent): boolean {
    return this.scopes.toReversed().some(({ [command]: hear }) => hear !== undefined && hear(event) !== false);
  }

  /** `go` is given what was pressed after `g`, `unheard` what nothing has heard. */
  press(event: KeyboardEvent, go: (letter: string) => void, unheard: (command: Command, event: KeyboardEvent) => void = () => {}): void {
    const command = commandOf(event);
    if (command === 'palette') {
      event.preventDefault();
      return void (this.run(command, event) || unheard(command, event));
    }
    if (event.defaultPrevented || isTyping(event) || (event.target as Element).closest('dialog')) return;
    if (event.timeStamp < this.chordUntil_ms) {
      this.chordUntil_ms = 0;
      return go(event.key);
    }
    if (event.key === GO) return void (this.chordUntil_ms = event.timeStamp + CHORD_MS_MAX);
    if (command && !this.run(command, event)) unheard(command, event);
  }
}

export const keyboard = new Keyboard();

/** Moves the focus in the list it is in, or into the list of the open goal, else of the goals; `false` when there is none. */
export function moveBy(event: KeyboardEvent, step: 1 | -1): boolean {
  const list = (event.target as Element).closest('[data-keys]') ?? document.querySelector('.task-list[data-keys]') ?? document.querySelector('[data-keys]');
  const rows = [...(list?.querySelectorAll<HTMLElement>(':scope > li > a, .task-main') ?? [])];
  const at = rows.findIndex((row) => row.parentElement?.closest('li')?.contains(document.activeElement));
  const next = rows[at === -1 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)];
  if (!next) return false;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
  return true;
}
