// Why something was refused, in the words of somebody who looks at the page. The server speaks to tools, of fences and of other tools.

import type { Problem } from './commands';
import { minuteTime } from './time';

export interface Reason {
  text: string;
  hint?: string;
}

/** What the server says where it has no words of ours, beginning with a capital. */
export function reasonFor(problem: Problem, now_ms = Date.now()): Reason {
  const { message: text, hint } = { ...problem, ...inOurWords(problem, now_ms) };
  return { text: capital(text), hint: hint && capital(hint) };
}

export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function inOurWords(problem: Problem, now_ms: number): Partial<Pick<Problem, 'message' | 'hint'>> {
  const { code, task, holder, until, yours, open = [], conflicts } = problem;
  if (conflicts) return nothingUndone(conflicts, now_ms);
  switch (code) {
    case 'CLAIMED':
      return until ? { message: `${task} is claimed by ${holder} until ${minuteTime(Date.parse(until), now_ms)}`, hint: yours ? 'that is your own name: give it back where you claimed it' : 'wait, or ask for it to be given back' } : {};
    case 'FENCED':
      return { message: `the claim on ${task} is not the latest: it was claimed again since`, hint: 'claim it again' };
    case 'CRITERIA_OPEN':
      return { message: `${task} has criteria that are not met: ${open.map(({ text }) => text).join(', ')}`, hint: 'check them, and tick those that hold' };
    case 'CONFLICT':
      return { hint: 'look at what has changed since, and decide anew' };
    case 'NOT_FOUND':
      return problem.did_you_mean?.length ? {} : { hint: undefined };
    default:
      return {};
  }
}

function nothingUndone(conflicts: readonly Problem[], now_ms: number): ReturnType<typeof inOurWords> {
  const [first] = conflicts;
  const more = conflicts.length > 1 ? `, and ${conflicts.length - 1} more ${conflicts.length === 2 ? 'thing is' : 'things are'} in the way` : '';
  const isFree = conflicts.some(({ overridable }) => overridable);
  return {
    message: `nothing was taken back: ${first ? reasonFor(first, now_ms).text : ''}${more}`,
    hint: isFree ? 'the history shows all of it, and can disregard it' : 'take back first what is in the way',
  };
}
