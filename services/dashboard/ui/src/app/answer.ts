// What a tool's answer is about: which goals, which task, and what of them it already brings.

import type { GoalRow, TaskRow } from '../lib/rows';

/** A tool's result as clients pass it on; some leave out the structure and give the text alone. */
export interface Answer {
  content?: { type: string; text?: string }[];
  structuredContent?: unknown;
  isError?: boolean;
}

export interface Read {
  position?: number;
  goals?: (GoalRow & { tasks?: TaskRow[] })[];
  tasks?: TaskRow[];
  more?: string;
}

export interface Subject {
  /** The goals it names, in its order. */
  goals: string[];
  /** The one task it was asked for. */
  task?: string;
  position?: number;
  /** Whole goals, each with all its tasks. */
  read?: Read;
}

/** Why there is nothing to show. */
export class Refused extends Error {}

/** What the answer holds. A refusal is thrown in its own words. */
export function structureOf({ structuredContent, content, isError }: Answer): Record<string, unknown> {
  const text = content?.find(({ type }) => type === 'text')?.text;
  const structure = (structuredContent ?? parsed(text)) as Record<string, unknown> | undefined;
  if (isError) throw new Refused([structure?.message ?? text ?? 'The call was refused', structure?.hint].filter(Boolean).join('; '));
  return structure ?? {};
}

/** Of `get`, `create_goal` and `plan`; `args` are those it was asked with. */
export function subjectOf(answer: Answer, args: Record<string, unknown> = {}): Subject {
  const structure = structureOf(answer);
  const { position, goals = [], tasks = [], more } = structure as Read;
  if (typeof structure.goal === 'string') return { goals: [structure.goal], position };
  const ids = [...new Set([...goals.map(({ id }) => id), ...tasks.map(({ goal }) => goal)])];
  const isWhole = goals.length > 0 && !more && Array.isArray(args.include) && args.include.includes('tree') && args.as_of === undefined;
  return { goals: ids, task: goals.length === 0 && tasks.length === 1 ? tasks[0]?.id : undefined, position, read: isWhole ? { position, goals } : undefined };
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
