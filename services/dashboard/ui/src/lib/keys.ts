// The keyboard: which key asks for what, and walking through a list.

export type Command = 'next' | 'previous' | 'back' | 'pause' | 'help' | 'filter';

const COMMANDS: Record<string, Command> = {
  j: 'next',
  ArrowDown: 'next',
  k: 'previous',
  ArrowUp: 'previous',
  Escape: 'back',
  '.': 'pause',
  '?': 'help',
  '/': 'filter',
};

/** Nothing while somebody types, or holds a key that makes it another shortcut. Arrows walk only inside a list, else they scroll. */
export function command(event: KeyboardEvent): Command | undefined {
  const target = event.target as Element;
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches('input, textarea, select')) return undefined;
  if (event.key.startsWith('Arrow') && !target.closest('[data-keys]')) return undefined;
  return COMMANDS[event.key];
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
