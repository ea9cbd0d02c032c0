// What each form asks for and what its answers mean. The server judges the answers; only what is empty is refused here.

import { NOBODY } from './me.svelte';
import { comment, complete, move, named, update, type Act, type AnyRow, type Lists, type Values } from './acts';
import { Refused } from './commands';
import type { Asked } from './deeds';
import { differing, inOneLine, lines, outOfOneLine, tagsOf } from './listed';
import { reasonFor } from './reasons';
import { statusText, taskIdOf, type TaskRow, type TaskStatus } from './rows';

export interface Field {
  name: string;
  label: string;
  kind: 'line' | 'text' | 'choice' | 'day' | 'checks';
  value?: string;
  choices?: readonly (readonly [value: string, label: string])[];
  isRequired?: boolean;
  hint?: string;
  /** Shares its line with the next. */
  isShort?: boolean;
}

export interface Form {
  title: string;
  /** What the button says. */
  submit: string;
  fields: Field[];
  /** Undefined when there is nothing to be done. `left` are those of several that it is to be done to. */
  act(answers: Answers, left?: AnyRow[]): Act | undefined;
}

export type Answers = Record<string, string>;

const PRIORITIES = ['low', 'medium', 'high', 'critical'].map((name) => [name, name] as const);
const TASK_STATUSES: TaskStatus[] = ['pending', 'in_progress', 'blocked', 'in_review', 'completed', 'failed', 'cancelled'];
const GOAL_STATUSES: TaskStatus[] = ['pending', 'in_progress', 'completed', 'cancelled'];
const KINDS = ['note', 'decision', 'question', 'handoff'].map((name) => [name, name] as const);
const UNCHANGED = [['', 'as they are'], ...PRIORITIES] as const;

const isTask = (row?: AnyRow): row is TaskRow => row?.id.startsWith('TASK') ?? false;
const isDay = (due?: string) => !due || /^\d{4}-\d\d-\d\d$/.test(due);
const without = <T extends object>(values: T): Partial<T> => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0))) as Partial<T>;

export function formOf({ deed, rows, given = {} }: Asked, me: string): Form {
  const form = plain(deed, rows, me);
  return { ...form, fields: form.fields.map((field) => ({ ...field, value: given[field.name] ?? field.value })) };
}

function plain(deed: Asked['deed'], rows: AnyRow[], me: string): Form {
  const [row] = rows;
  if (deed === 'me') return whoAmI(me);
  if (deed === 'create' || deed === 'task' || !row) return create(row);
  if (deed === 'edit') return rows.length > 1 ? editMany(rows, me) : edit(row, me);
  if (deed === 'complete') return completing(row, me);
  if (deed === 'comment') return commenting(row);
  return status(rows, me, deed === 'cancel' ? 'cancelled' : undefined);
}

/** Below `parent`, a task; without one, a goal. */
function create(parent?: AnyRow): Form {
  const kind = parent ? 'task' : 'goal';
  return {
    title: parent ? `New task in ${parent.id}` : 'New goal',
    submit: parent ? 'Add the task' : 'Create the goal',
    fields: [
      { name: 'title', label: 'Title', kind: 'line', isRequired: true },
      { name: 'description', label: 'Description', kind: 'text' },
      { name: 'priority', label: 'Priority', kind: 'choice', choices: PRIORITIES, value: 'medium', isShort: true },
      { name: 'due', label: 'Due', kind: 'day', isShort: true },
      { name: 'tags', label: 'Tags', kind: 'line', hint: 'separated by commas', isShort: true },
      ...(parent ? [{ name: 'estimate', label: 'Estimate', kind: 'line', hint: 'such as 1h30m', isShort: true } as Field] : []),
      parent
        ? { name: 'accept', label: 'Done when', kind: 'text', hint: 'one criterion a line' }
        : { name: 'tasks', label: 'Tasks', kind: 'text', hint: 'one a line; more can be added later' },
    ],
    act({ title, description, priority, due, tags, estimate, accept, tasks }) {
      const made = without({ title, description, priority, due, tags: tagsOf(tags), estimate, accept: lines(accept), tasks: lines(tasks).map((title) => ({ title })) });
      const command = parent ? ({ name: 'add_tasks', args: { parent: parent.id, tasks: [made] } } as const) : ({ name: 'create_goal', args: made } as const);
      return { commands: [command], patches: new Map(), said: (answer) => `${kind === 'goal' ? answer.goal : Object.values(answer.ids ?? {}).join(', ')} is created`, undoable: true };
    },
  };
}

function edit(row: AnyRow, me: string): Form {
  const fields: Field[] = [
    { name: 'title', label: 'Title', kind: 'line', value: row.title, isRequired: true },
    { name: 'description', label: 'Description', kind: 'text', value: row.description },
    { name: 'priority', label: 'Priority', kind: 'choice', choices: PRIORITIES, value: row.priority, isShort: true },
    { name: 'due', label: 'Due', kind: isDay(row.due) ? 'day' : 'line', value: row.due, isShort: true },
    { name: 'assignee', label: 'Assignee', kind: 'line', value: row.assignee, isShort: true },
    { name: 'tags', label: 'Tags', kind: 'line', value: inOneLine(row.tags), hint: 'separated by commas', isShort: true },
  ];
  if (isTask(row)) fields.push(...ofTask(row));
  return {
    title: `Edit ${row.id}`,
    submit: 'Save',
    fields,
    act(answers) {
      const changed = fields.filter(({ name, value = '' }) => answers[name] !== value).map(({ name }) => name);
      const set = Object.fromEntries(changed.filter((name) => !(name in LISTS)).map((name) => [name, answers[name] || null])) as Values;
      if (set.title === null) set.title = '';
      const lists = changed.filter((name) => name in LISTS).map((name) => [name, LISTS[name as keyof Lists](row as TaskRow, answers[name])] as const);
      const [add, remove] = (['added', 'gone'] as const).map((which) => without(Object.fromEntries(lists.map(([name, list]) => [name, list[which]]))));
      const isSame = [set, add, remove].every((values) => Object.keys(values ?? {}).length === 0);
      return isSame ? undefined : update([row], set, me, `${row.id} is changed`, { add, remove });
    },
  };
}

function ofTask({ estimate_minutes, after, criteria }: TaskRow): Field[] {
  return [
    { name: 'estimate', label: 'Estimate', kind: 'line', value: estimate_minutes ? `${estimate_minutes}m` : '', hint: 'such as 1h30m', isShort: true },
    { name: 'after', label: 'After', kind: 'line', value: inOneLine(after), hint: 'such as TASK-0002', isShort: true },
    { name: 'accept', label: 'Done when', kind: 'text', value: criteria?.map(inALine).join('\n'), hint: 'one criterion a line' },
  ];
}

/** A criterion may have been made with several lines. */
const inALine = ({ text }: { text: string }) => lines(text).join(' ');

/** What is new and what is gone in each list. Whoever writes a criterion anew takes it away and adds another, which nobody has met yet. */
const LISTS: Record<keyof Lists, (row: TaskRow, answer?: string) => ReturnType<typeof differing>> = {
  tags: ({ tags }, answer) => differing(tags, tagsOf(answer, tags)),
  after: ({ after }, answer) => differing(after, outOfOneLine(answer).map((id) => taskIdOf(id) ?? id)),
  accept: ({ criteria = [] }, answer) => {
    const { added, gone } = differing(criteria.map(inALine), lines(answer));
    return { added, gone: criteria.filter((one) => gone.includes(inALine(one))).map(({ number }) => String(number)) };
  },
};

function editMany(rows: AnyRow[], me: string): Form {
  return {
    title: `Edit ${rows.length} tasks`,
    submit: 'Save',
    fields: [
      { name: 'priority', label: 'Priority', kind: 'choice', choices: UNCHANGED, isShort: true },
      { name: 'due', label: 'Due', kind: 'day', isShort: true },
      { name: 'assignee', label: 'Assignee', kind: 'line', isShort: true },
      { name: 'tags', label: 'Add tags', kind: 'line', hint: 'separated by commas', isShort: true },
    ],
    act({ priority, due, assignee, tags }, left = rows) {
      const [set, add] = [without({ priority, due, assignee }) as Values, without({ tags: tagsOf(tags) })];
      if (Object.keys({ ...set, ...add }).length === 0) return undefined;
      return update(left, set, me, `${named(left)} ${left.length === 1 ? 'is' : 'are'} changed`, { add });
    },
  };
}

function status(rows: AnyRow[], me: string, chosen?: TaskStatus): Form {
  const choices = (rows.every(isTask) ? TASK_STATUSES : GOAL_STATUSES).map((name) => [name, statusText(name)] as const);
  const what = named(rows);
  return {
    title: chosen === 'cancelled' ? `Cancel ${what}` : `Status of ${what}`,
    submit: chosen === 'cancelled' ? `Cancel ${rows.length === 1 ? 'it' : 'them'}` : 'Set the status',
    fields: [
      ...(chosen ? [] : [{ name: 'status', label: 'Status', kind: 'choice', choices, value: rows[0]?.status } as Field]),
      { name: 'why', label: 'Why', kind: 'line', hint: 'for those who read this later; when it is blocked, what it waits for' },
    ],
    act({ status, why }, left = rows) {
      const act = move(left, chosen ?? (status as TaskStatus), me, why || undefined);
      return act.commands.length > 0 ? act : undefined;
    },
  };
}

function completing(row: AnyRow, me: string): Form {
  const criteria = isTask(row) ? (row.criteria ?? []) : [];
  const open = criteria.filter(({ met }) => !met);
  return {
    title: `Complete ${row.id}`,
    submit: 'Complete',
    fields: [
      { name: 'outcome', label: 'Outcome', kind: 'choice', choices: [['done', 'done'], ['failed', 'failed']], value: 'done' },
      ...(open.length > 0 ? [{ name: 'met', label: 'These hold', kind: 'checks', choices: open.map(({ number, text }) => [String(number), text]) } as Field] : []),
      { name: 'result', label: 'Result', kind: 'text', hint: 'what came of it; those who depend on it will read this' },
      ...(isTask(row) ? [{ name: 'evidence', label: 'Evidence', kind: 'text', hint: 'what shows it: an address, a commit; one a line' } as Field] : []),
    ],
    act({ outcome, result, evidence, met }) {
      const how = without({ outcome: outcome as 'done' | 'failed', result, evidence: lines(evidence), met: outOfOneLine(met).map(Number) });
      return complete(row, how, me);
    },
  };
}

function commenting(row: AnyRow): Form {
  return {
    title: `Comment on ${row.id}`,
    submit: 'Say it',
    fields: [
      { name: 'body', label: 'Comment', kind: 'text', isRequired: true },
      { name: 'kind', label: 'Kind', kind: 'choice', choices: KINDS, value: 'note' },
    ],
    act: ({ body = '', kind = 'note' }) => comment(row, body, kind),
  };
}

function whoAmI(me: string): Form {
  return {
    title: 'Who you are',
    submit: 'Keep it',
    fields: [{ name: 'name', label: 'Your name', kind: 'line', value: me === NOBODY ? '' : me, isRequired: true, hint: 'stands in the log beside what you do, and at your claims' }],
    act: () => undefined,
  };
}

/** What stands in the fields before anything is written. */
export const valuesOf = ({ fields }: Form): Answers => Object.fromEntries(fields.map(({ name, value }) => [name, value ?? '']));

/** What the page itself refuses: a field that must be answered and is not, or of which the browser could make nothing, such as half a date. */
export function mistakeIn(fields: readonly Field[], answers: Answers, frame: ParentNode): { text: string; field: string } | undefined {
  const isUnread = (name: string) => frame.querySelector<HTMLInputElement>(`[name="${name}"]`)?.validity.badInput;
  for (const { name, label, kind, isRequired } of fields) {
    if (isRequired && !answers[name]?.trim()) return { text: `${label} must not be empty`, field: name };
    if (kind === 'day' && isUnread(name)) return { text: 'This is not a whole date', field: name };
  }
  return undefined;
}

/** Why a command was not done, as a sentence, and which field the server means. */
export function whyRefused(error: unknown): { text: string; field?: string } {
  if (!(error instanceof Refused)) return { text: 'There is no answer from the server. It may have been done or not: send it again, or look first.' };
  const { field, changed_by, message } = error.problem;
  const { text, hint = '' } = reasonFor({ ...error.problem, message: field ? message.replace(/^[\w.[\]]+: /, '') : message });
  const who = changed_by ? ` ${changed_by} changed it meanwhile.` : '';
  return { text: `${text}.${who} ${hint}`.trim(), field };
}

/** Which field of the form the server means: `set.due` is the due date; `tasks[0].title` is the title of a new task, and of a new goal its tasks. */
export function fieldOf(form: Form, said = ''): Field | undefined {
  const parts = said.replace(/\[\d+\]/g, '').split('.');
  return parts.flatMap((part) => form.fields.filter(({ name }) => name === part))[0];
}
