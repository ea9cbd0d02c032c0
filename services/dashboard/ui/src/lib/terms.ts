// What is written into a filter: words, and the terms that the server's search knows. Of several tags all must be there, of several others any.

import type { AnyRow } from './acts';
import { goalIdOf, statusText } from './rows';

/** What a row has of each. Who made it does not stand there, so `by:` is who looks after it or holds it. */
const TERMS: Record<string, (row: AnyRow) => readonly (string | undefined)[]> = {
  tag: ({ tags = [] }) => tags,
  goal: (row) => ['goal' in row ? row.goal : row.id],
  by: (row) => [row.assignee, holderOf(row)],
  status: ({ status }) => [status],
  priority: ({ priority }) => [priority],
};

const holderOf = (row: AnyRow) => ('claim' in row ? row.claim?.holder : undefined);

/** The words of a text, and what its terms ask of a row; made once for a text, asked for every row. */
export function readTerms(text: string): { words: string[]; holds: (row: AnyRow) => boolean } {
  const [words, wanted] = [[] as string[], new Map<string, string[]>()];
  for (const piece of text.toLowerCase().match(/(?:"[^"]*"?|[^\s"])+/g) ?? []) {
    const [, name = '', value = ''] = /^(\w+):"?([^"]+)"?$/.exec(piece) ?? [];
    if (Object.hasOwn(TERMS, name)) wanted.set(name, [...(wanted.get(name) ?? []), (name === 'goal' && goalIdOf(value)?.toLowerCase()) || value]);
    else words.push(piece.replaceAll('"', ''));
  }
  const asked = [...wanted].map(([name, values]) => ({ has: TERMS[name]!, values, all: name === 'tag' }));
  const holds = (row: AnyRow) =>
    asked.every(({ has, values, all }) => {
      const there = has(row).map((one) => one?.toLowerCase());
      return all ? values.every((value) => there.includes(value)) : values.some((value) => there.includes(value));
    });
  return { words: words.filter(Boolean), holds };
}

/** Whether a row is what `query` asks for: its terms hold, and every word stands somewhere: title, id, status, priority, tags, people. */
export function matching(query: string): (row: AnyRow) => boolean {
  const { words, holds } = readTerms(query);
  return (row) => {
    const text = [row.id, row.title, statusText(row.status), row.priority, ...(row.tags ?? []).map((tag) => `#${tag}`), row.assignee, holderOf(row)].join('\n').toLowerCase();
    return holds(row) && words.every((word) => text.includes(word));
  };
}
