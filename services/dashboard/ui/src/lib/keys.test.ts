import { expect, test } from 'vitest';
import { ABOUT, DEEDS } from './deeds';
import { Keyboard } from './keyboard';
import { COMMANDS, KEYS, namedCommandOf, needsOf, type Command } from './keys';
import { choose, type Item } from './palette';
import { VIEWS } from './views';

/** A key, pressed on something that answers `closest` and `matches` for these selectors only. */
function press(key: string, more: Partial<KeyboardEvent> = {}, on: string[] = []): KeyboardEvent {
  const has = (selector: string) => on.some((one) => selector.split(', ').includes(one));
  const target = { closest: (selector: string) => (has(selector) ? {} : null), matches: has };
  return { key, timeStamp: 0, preventDefault: () => {}, target, ...more } as unknown as KeyboardEvent;
}

function heard(...events: KeyboardEvent[]): string[] {
  const [keyboard, told]: [Keyboard, string[]] = [new Keyboard(), []];
  keyboard.use(Object.fromEntries(COMMANDS.map((command) => [command, () => void told.push(command)])));
  for (const event of events) keyboard.press(event, (letter) => void told.push(`go ${letter}`));
  return told;
}

test('every command has a key, no key has two meanings, and every view has a letter of its own', () => {
  const keys = KEYS.flatMap(({ keys }) => keys);
  expect(keys.map(({ command }) => command).sort()).toEqual([...COMMANDS].sort());
  const single = keys.flatMap(({ keys }) => keys);
  expect(new Set(single).size).toBe(single.length);
  expect(new Set(VIEWS.map(({ key }) => key)).size).toBe(VIEWS.length);
  for (const deed of DEEDS) expect(ABOUT[deed].key === undefined || single.includes(ABOUT[deed].key), deed).toBe(true);
});

test('keys are heard, but not while somebody types or another shortcut is meant', () => {
  expect(heard(press('j'), press('?'), press('Escape'), press('.'))).toEqual(['next', 'help', 'back', 'pause']);
  expect(heard(press('j', {}, ['textarea']), press('j', { ctrlKey: true }), press('c', { metaKey: true }), press('c', {}, ['dialog']))).toEqual([]);
});

/** Whatever hears a key asks the table what it means, so the sheet that is written from the table is whole. */
test('no part of the page knows a key that is not in the table', () => {
  const sources = import.meta.glob<string>(['../**/*.svelte', '../**/*.ts', '!../**/*.test.ts'], { query: '?raw', import: 'default', eager: true });
  const knowing = Object.entries(sources).filter(([, text]) => /\bevent\.(key|code|which)\b|\{[^}]*\bkey\b[^}]*\}: KeyboardEvent|['"](Arrow(Up|Down|Left|Right)|Escape|PageUp|PageDown)['"]/.test(text));
  expect(knowing.map(([path]) => path)).toEqual(['./keyboard.ts', './keys.ts']);
});

test('a part that has the focus hears what writes nothing, also in a field', () => {
  const meant = (key: string, more = {}) => namedCommandOf(press(key, more, ['input']));
  expect([meant('Enter'), meant('Enter', { ctrlKey: true }), meant('Escape'), meant('ArrowUp'), meant('j')]).toEqual(['open', 'send', 'back', 'previous', undefined]);
});

test('Shift with a key is another one', () => {
  const shifted = (key: string) => press(key, { shiftKey: true }, ['[data-keys]']);
  expect(heard(shifted('ArrowDown'), shifted('ArrowRight'), shifted('End'), shifted('PageUp'), shifted('J'), shifted('Enter'), shifted('?'))).toEqual(['selectNext', 'moveRight', 'selectToLast', 'selectNext', 'help']);
});

test('Ctrl or Cmd K opens the palette wherever one is', () => {
  expect(heard(press('k', { ctrlKey: true }), press('K', { metaKey: true }, ['textarea']))).toEqual(['palette', 'palette']);
});

test('arrows walk and Space peeks in a list only; on a button Space presses it', () => {
  expect(heard(press('ArrowDown'), press(' '))).toEqual([]);
  expect(heard(press('ArrowDown', {}, ['[data-keys]']), press(' ', {}, ['[data-keys]']))).toEqual(['next', 'peek']);
  expect(heard(press(' ', {}, ['[data-keys]', 'button']))).toEqual([]);
});

test('g and a letter go somewhere, if the letter comes soon', () => {
  expect(heard(press('g'), press('b', { timeStamp: 500 }))).toEqual(['go b']);
  expect(heard(press('g'), press('j', { timeStamp: 5000 }))).toEqual(['next']);
  expect(heard(press('g'), press('j', { timeStamp: 500 }), press('j', { timeStamp: 600 }))).toEqual(['go j', 'next']);
});

test('the latest scope hears first; what it leaves goes further', () => {
  const [keyboard, told]: [Keyboard, string[]] = [new Keyboard(), []];
  keyboard.use({ back: () => told.push('page'), help: () => told.push('page') });
  const leave = keyboard.use({ back: () => (told.push('view'), false), help: () => told.push('view') });
  keyboard.run('back', press('Escape'));
  keyboard.run('help', press('?'));
  leave();
  keyboard.run('help', press('?'));
  expect(told).toEqual(['view', 'page', 'view', 'page']);
});

test('what nothing hears, and what everything leaves, is told to whoever pressed it', () => {
  const [keyboard, unheard]: [Keyboard, Command[]] = [new Keyboard(), []];
  keyboard.use({ edit: () => false, help: () => {} });
  for (const key of ['e', 'x', '?', 'q']) keyboard.press(press(key), () => {}, (command) => void unheard.push(command));
  expect(unheard).toEqual(['edit', 'select']);
  expect(unheard.map(needsOf)).toEqual([expect.stringMatching(/^Choose a task/), expect.stringMatching(/^Tasks are selected/)]);
});

test('the palette finds by every word, and what begins with them comes first', () => {
  const item = (title: string, about = '') => ({ id: title, group: 'Do', title, icon: '', about, run: () => {} }) as Item;
  const items = [item('Show the board'), item('Board', 'GOAL-0001'), item('Undo')];
  const found = (words: string) => choose(items, words).map(({ title }) => title);
  expect([found('board'), found('the show'), found('goal-0001'), found('x'), found('').length]).toEqual([['Board', 'Show the board'], ['Show the board'], ['Board'], [], 3]);
});
