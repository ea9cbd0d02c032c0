// Every key the page hears, in one table: what is pressed is looked up here, and the sheet behind `?` is written from it.

export const COMMANDS = [
  'next', 'previous', 'left', 'right', 'first', 'last', 'pageDown', 'pageUp', 'open', 'peek', 'back',
  'palette', 'filter',
  'create', 'edit', 'rename', 'status', 'claim', 'complete', 'comment', 'moveLeft', 'moveRight', 'undo', 'send',
  'select', 'selectNext', 'selectPrevious', 'selectToFirst', 'selectToLast',
  'larger', 'smaller', 'fit', 'pause', 'help',
] as const;
export type Command = (typeof COMMANDS)[number];

export interface Key {
  keys: readonly string[];
  what: string;
  command: Command;
  /** Said to whoever presses it where nothing hears it. */
  needs?: string;
}

const A_LIST = 'There is no list here to go through: g l opens the one of all tasks';
const A_SUBJECT = 'Choose a task or a goal first: j and k go through a list';
const A_CARD = 'Choose a card on the board first: g b, then j and k';
const THE_TABLE = 'Tasks are selected in the table of all: g l, then j and k';
const THE_GRAPH = 'That is for the graph of a goal';

export const KEYS: readonly { group: string; keys: readonly Key[] }[] = [
  {
    group: 'Move',
    keys: [
      { keys: ['j', '↓'], what: 'next row', command: 'next', needs: A_LIST },
      { keys: ['k', '↑'], what: 'previous row', command: 'previous', needs: A_LIST },
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
      { keys: ['/'], what: 'filter', command: 'filter', needs: 'There is no filter here' },
    ],
  },
  {
    group: 'Change',
    keys: [
      { keys: ['c'], what: 'new task or goal', command: 'create' },
      { keys: ['e'], what: 'edit', command: 'edit', needs: A_SUBJECT },
      { keys: ['F2'], what: 'edit the title in place', command: 'rename', needs: A_SUBJECT },
      { keys: ['s'], what: 'set the status', command: 'status', needs: A_SUBJECT },
      { keys: ['i'], what: 'claim, give back', command: 'claim', needs: A_SUBJECT },
      { keys: ['d'], what: 'complete', command: 'complete', needs: A_SUBJECT },
      { keys: ['m'], what: 'comment', command: 'comment', needs: A_SUBJECT },
      { keys: ['Shift ←'], what: 'move a card to the left', command: 'moveLeft', needs: A_CARD },
      { keys: ['Shift →'], what: 'move a card to the right', command: 'moveRight', needs: A_CARD },
      { keys: ['Ctrl Enter'], what: 'send what is written', command: 'send' },
      { keys: ['z'], what: 'undo what you just did', command: 'undo', needs: 'You have done nothing yet that can be taken back' },
    ],
  },
  {
    group: 'Select in the list',
    keys: [
      { keys: ['x'], what: 'select', command: 'select', needs: THE_TABLE },
      { keys: ['Shift ↓', 'J'], what: 'the next as well', command: 'selectNext', needs: THE_TABLE },
      { keys: ['Shift ↑', 'K'], what: 'the previous as well', command: 'selectPrevious', needs: THE_TABLE },
      { keys: ['Shift Home'], what: 'all from the first', command: 'selectToFirst', needs: THE_TABLE },
      { keys: ['Shift End'], what: 'all to the last', command: 'selectToLast', needs: THE_TABLE },
    ],
  },
  {
    group: 'Page',
    keys: [
      { keys: ['+'], what: 'larger graph', command: 'larger', needs: THE_GRAPH },
      { keys: ['-'], what: 'smaller graph', command: 'smaller', needs: THE_GRAPH },
      { keys: ['0'], what: 'fit the graph in', command: 'fit', needs: THE_GRAPH },
      { keys: ['.'], what: 'pause the activity', command: 'pause' },
      { keys: ['?'], what: 'these keys', command: 'help' },
    ],
  },
];

/** What is to be said when nothing has heard this. */
export const needsOf = (wanted: Command): string | undefined => KEYS.flatMap(({ keys }) => keys).find(({ command }) => command === wanted)?.needs;

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
