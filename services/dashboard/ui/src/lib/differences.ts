// What an event changed, field by field; the names are those of the tools. The domain's differences(), for what the page has at hand.

export interface Difference {
  field: string;
  from?: unknown;
  to?: unknown;
}

type Data = Record<string, unknown>;

/** Events that carry the old and the new value of one field. */
const WORDS: Record<string, string> = {
  retitled: 'title',
  described: 'description',
  reprioritised: 'priority',
  due_set: 'due',
  assigned: 'assignee',
  estimated: 'estimate',
  moved: 'parent',
};
/** What a goal or task begins with, and what the tools call it. */
const BEGINNINGS: Record<string, string> = {
  title: 'title',
  description: 'description',
  priority: 'priority',
  parent: 'parent',
  tags: 'tags',
  after: 'after',
  criteria: 'accept',
  estimate_minutes: 'estimate',
  due: 'due',
};
const added = (field: string, to: unknown): Difference => ({ field, to });
const removed = (field: string, from: unknown): Difference => ({ field, from });
const PARTS: Record<string, (data: Data) => Difference> = {
  goal_tagged: ({ tag }) => added('tags', tag),
  task_tagged: ({ tag }) => added('tags', tag),
  goal_untagged: ({ tag }) => removed('tags', tag),
  task_untagged: ({ tag }) => removed('tags', tag),
  dependency_added: ({ on }) => added('after', on),
  dependency_removed: ({ on }) => removed('after', on),
  criterion_added: ({ number, text }) => added('accept', { number, text }),
  criterion_removed: ({ number, text }) => removed('accept', { number, text }),
  criterion_met: ({ number }) => added('met', number),
  criterion_unmet: ({ number }) => removed('met', number),
  link_added: ({ link }) => added('links', link),
  link_removed: ({ link }) => removed('links', link),
  comment_added: ({ comment, kind, body }) => added('comments', { number: comment, kind, body }),
  comment_retracted: ({ comment }) => removed('comments', { number: comment }),
  task_claimed: ({ holder, fence, until }) => added('claim', { holder, fence, until }),
  claim_renewed: ({ from, to }) => ({ field: 'claim.until', from, to }),
  claim_released: ({ holder, fence }) => removed('claim', { holder, fence }),
  claim_expired: ({ holder, fence }) => removed('claim', { holder, fence }),
  goal_archived: () => ({ field: 'archived', from: false, to: true }),
  task_archived: () => ({ field: 'archived', from: false, to: true }),
  goal_restored: () => ({ field: 'archived', from: true, to: false }),
  task_restored: () => ({ field: 'archived', from: true, to: false }),
};

export function differences({ type, data }: { type: string; data: Data }): Difference[] {
  if (type === 'goal_created' || type === 'task_added') return beginnings(data);
  const part = PARTS[type]?.(data);
  if (part) return [part];
  const [, word = ''] = /^(?:goal|task)_(.*)$/.exec(type) ?? [];
  if (word === 'metadata_set') return [{ field: `metadata.${plainly(data.key)}`, from: data.from, to: data.to }];
  const field = WORDS[word] ?? ('to' in data ? 'status' : undefined);
  const said = ['result', 'reason', 'evidence'].filter((name) => !isNothing(data[name])).map((name) => added(name, data[name]));
  return field && data.from !== data.to ? [{ field, from: data.from, to: data.to }, ...said] : said;
}

function beginnings(data: Data): Difference[] {
  const metadata = Object.entries((data.metadata ?? {}) as Data).map(([key, value]) => added(`metadata.${key}`, value));
  const fields = Object.entries(BEGINNINGS).flatMap(([name, field]) => (isNothing(data[name]) ? [] : [added(field, data[name])]));
  return [...fields, ...metadata];
}

/** A value for reading: words as they are, lists with commas, what is sealed as such. */
export function plainly(value: unknown): string {
  if (isNothing(value)) return 'nothing';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(plainly).join(', ');
  // Statuses are words that are joined; other text stays as it was written.
  if (typeof value !== 'object') return /^[a-z]+(_[a-z]+)+$/.test(String(value)) ? String(value).replaceAll('_', ' ') : String(value);
  const { enc, holder, text, met, rel, to, body } = value as Data;
  if (enc) return 'sealed text';
  if (holder) return `${String(holder)}, fence ${String((value as Data).fence)}`;
  if (rel) return `${String(rel).replaceAll('_', ' ')} ${String(to)}`;
  if (text ?? body) return `${plainly(text ?? body)}${met === true ? ' (met)' : ''}`;
  return JSON.stringify(value);
}

export const isNothing = (value: unknown): boolean => value == null || value === '' || (Array.isArray(value) && value.length === 0);
