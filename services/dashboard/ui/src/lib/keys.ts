// Every key the page hears, in one table: what is pressed is looked up here, and the sheet behind `?` is written from it.

export const COMMANDS = [
  'next', 'previous', 'left', 'right', 'first', 'last', 'pageDown', 'pageUp', 'open', 'peek', 'back',
  'palette', 'filter',
  'create', 'edit', 'status', 'claim', 'complete', 'comment', 'moveLeft', 'moveRight', 'undo', 'send',
  'select', 'selectNext', 'selectPrevious', 'selectToFirst', 'selectToLast',
  'larger', 'smaller', 'fit', 'pause', 'help',
] as const;
export type Command = (typeof COMMANDS)[number];

export interface Key {
  keys: readonly string[];
  what: string;
  command: Command;
}

export const KEYS: readonly { group: string; keys: readonly Key[] }[] = [
  {
    group: 'Move',
    keys: [
      { keys: ['j', '↓'], what: 'next row', command: 'next' },
      { keys: ['k', '↑'], what: 'previous row', command: 'previous' },
      { keys: ['←'], what: 'fold; column before', command: 'left' },
      { keys: ['→'], what: 'unfold; column after', command: 'right' },
      { keys: ['Home'], what: 'first row of the list', command: 'first' },
      { keys: ['End'], what: 'last row of the list', command: 'last' },
      { keys: ['Page Down'], what: 'a page down the list', command: 'pageDown' },
      { keys: ['Page Up'], what: 'a page up the list', command: 'pageUp' },
      { keys: ['Enter'], what: 'open', command: 'open' },
      { keys: ['Space'], what: 'peek', command: 'peek' },
      { keys: ['Esc'], what: 'back', command: 'back' },
    ],
  },
  {
    group: 'Find',
    keys: [
      { keys: ['Ctrl K'], what: 'commands and search', command: 'palette' },
      { keys: ['/'], what: 'filter', command: 'filter' },
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
      { keys: ['Shift ←'], what: 'move a card to the left', command: 'moveLeft' },
      { keys: ['Shift →'], what: 'move a card to the right', command: 'moveRight' },
      { keys: ['Ctrl Enter'], what: 'send what is written', command: 'send' },
      { keys: ['z'], what: 'undo what you just did', command: 'undo' },
    ],
  },
  {
    group: 'Select in the list',
    keys: [
      { keys: ['x'], what: 'select', command: 'select' },
      { keys: ['Shift ↓', 'J'], what: 'the next as well', command: 'selectNext' },
      { keys: ['Shift ↑', 'K'], what: 'the previous as well', command: 'selectPrevious' },
      { keys: ['Shift Home'], what: 'all from the first', command: 'selectToFirst' },
      { keys: ['Shift End'], what: 'all to the last', command: 'selectToLast' },
    ],
  },
  {
    group: 'Page',
    keys: [
      { keys: ['+'], what: 'larger graph', command: 'larger' },
      { keys: ['-'], what: 'smaller graph', command: 'smaller' },
      { keys: ['0'], what: 'fit the graph in', command: 'fit' },
      { keys: ['.'], what: 'pause the activity', command: 'pause' },
      { keys: ['?'], what: 'these keys', command: 'help' },
    ],
  },
];

/** What is written in the table where the browser has another word. */
const NAMES: Record<string, string> = { ArrowDown: '↓', ArrowUp: '↑', ArrowLeft: '←', ArrowRight: '→', PageDown: 'Page Down', PageUp: 'Page Up', ' ': 'Space', Escape: 'Esc' };
const HEARD = new Map(KEYS.flatMap(({ keys }) => keys.flatMap(({ keys, command }) => keys.map((key): [string, Command] => [key, command]))));

/** What a key means, wherever it is pressed. */
function meaningOf({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): Command | undefined {
  if (altKey) return undefined;
  const name = NAMES[key] ?? key;
  if (ctrlKey || metaKey) return HEARD.get(`Ctrl ${name.length === 1 ? name.toUpperCase() : name}`);
  return HEARD.get(shiftKey && key.length > 1 ? `Shift ${name}` : name);
}

/** What a key means to a part that has the focus: those that write nothing, so also in a field. */
export function namedCommandOf(event: KeyboardEvent): Command | undefined {
  return event.key.length > 1 ? meaningOf(event) : undefined;
}

/** What a key means to the page. Arrows walk only inside a list, else they scroll; Space presses the button it is on. */
export function commandOf(event: KeyboardEvent): Command | undefined {
  const target = event.target as Element;
  const command = meaningOf(event);
  if (command === 'palette') return command;
  if (isTyping(event)) return undefined;
  const inList = target.closest('[data-keys]') !== null;
  if (event.key.startsWith('Arrow') && !inList) return undefined;
  if (command === 'peek' && (target.closest('button, summary, label') || !inList)) return undefined;
  return command;
}

/** Somebody types, or holds a key that makes it another shortcut. */
export function isTyping(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).matches('input:not([type="checkbox"]), textarea, select');
}
