// The keyboard: one table, from which keys are heard and the sheet behind `?` is written.

import { VIEWS } from './views';

export const COMMANDS = [
  'next', 'previous', 'peek', 'back', 'filter', 'palette', 'help', 'pause',
  'create', 'edit', 'status', 'claim', 'complete', 'comment', 'select', 'undo',
] as const;
export type Command = (typeof COMMANDS)[number];

interface Key {
  keys: string[];
  what: string;
  /** Without it the browser or the view itself does it. */
  command?: Command;
}

export const KEYS: readonly { group: string; keys: readonly Key[] }[] = [
  {
    group: 'Move',
    keys: [
      { keys: ['j', '↓'], what: 'next row', command: 'next' },
      { keys: ['k', '↑'], what: 'previous row', command: 'previous' },
      { keys: ['Enter'], what: 'open' },
      { keys: ['Space'], what: 'peek', command: 'peek' },
      { keys: ['←', '→'], what: 'fold, unfold; next column' },
      { keys: ['Esc'], what: 'back', command: 'back' },
    ],
  },
  {
    group: 'Go',
    keys: [
      { keys: ['Ctrl K'], what: 'commands and search', command: 'palette' },
      { keys: ['/'], what: 'filter', command: 'filter' },
      ...VIEWS.map(({ title, key }) => ({ keys: ['g', key], what: title })),
    ],
  },
  {
    group: 'Change',
    keys: [
      { keys: ['c'], what: 'new task or goal', command: 'create' },
      { keys: ['e'], what: 'edit', command: 'edit' },
      { keys: ['s'], what: 'set the status', command: 'status' },
      { keys: ['i'], what: 'claim, give back', command: 'claim' },
      { keys: ['d'], what: 'complete', command: 'complete' },
      { keys: ['m'], what: 'comment', command: 'comment' },
      { keys: ['x'], what: 'select', command: 'select' },
      { keys: ['Shift ←', 'Shift →'], what: 'move a card' },
      { keys: ['z'], what: 'undo what you just did', command: 'undo' },
    ],
  },
  {
    group: 'Page',
    keys: [
      { keys: ['.'], what: 'pause, resume the activity', command: 'pause' },
      { keys: ['?'], what: 'these keys', command: 'help' },
    ],
  },
];

const NAMES: Record<string, string> = { '↓': 'ArrowDown', '↑': 'ArrowUp', Space: ' ', Esc: 'Escape' };
const HEARD = new Map(KEYS.flatMap(({ keys }) => keys.flatMap(({ keys, command }) => (command ? keys.map((key): [string, Command] => [NAMES[key] ?? key, command]) : []))));

/** The letter after `g` must come within this. */
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

  run(command: Command, event: KeyboardEvent): void {
    for (const scope of this.scopes.toReversed()) {
      const heard = scope[command];
      if (heard && heard(event) !== false) return;
    }
  }

  /** `go` is given what was pressed after `g`. */
  press(event: KeyboardEvent, go: (letter: string) => void): void {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      return this.run('palette', event);
    }
    if (isTyping(event) || (event.target as Element).closest('dialog')) return;
    if (event.timeStamp < this.chordUntil_ms) {
      this.chordUntil_ms = 0;
      return go(event.key);
    }
    if (event.key === 'g') return void (this.chordUntil_ms = event.timeStamp + CHORD_MS_MAX);
    const command = commandOf(event);
    if (command) this.run(command, event);
  }
}

export const keyboard = new Keyboard();

/** Arrows walk only inside a list, else they scroll; Space presses the button it is on. */
export function commandOf(event: KeyboardEvent): Command | undefined {
  const target = event.target as Element;
  if (isTyping(event) || (event.shiftKey && event.key.length > 1)) return undefined;
  if (event.key.startsWith('Arrow') && !target.closest('[data-keys]')) return undefined;
  if (event.key === ' ' && (target.closest('button, summary, label') || !target.closest('[data-keys]'))) return undefined;
  return HEARD.get(event.key);
}

/** Somebody types, or holds a key that makes it another shortcut. */
function isTyping(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).matches('input:not([type="checkbox"]), textarea, select');
}

/** Moves the focus in the list it is in, or into the list of the open goal, else of the goals. */
export function moveBy(event: KeyboardEvent, step: 1 | -1): void {
  const list = (event.target as Element).closest('[data-keys]') ?? document.querySelector('.task-list[data-keys]') ?? document.querySelector('[data-keys]');
  const rows = [...(list?.querySelectorAll<HTMLElement>(':scope > li > a, .task-main') ?? [])];
  const at = rows.findIndex((row) => row.parentElement?.closest('li')?.contains(document.activeElement));
  const next = rows[at === -1 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
}
