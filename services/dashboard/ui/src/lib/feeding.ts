// What the live feed lets through.

import type { Entry } from './activity.svelte';
import type { Tone } from './events';

/** What one may want to hear of, and by which signs it is told. */
export const KINDS: Record<string, { title: string; tones: readonly Tone[] }> = {
  done: { title: 'Finished', tones: ['completed', 'failed', 'cancelled'] },
  stuck: { title: 'Blocked and failed', tones: ['blocked', 'failed'] },
  claims: { title: 'Claims and work', tones: ['claim', 'in_progress', 'in_review'] },
  said: { title: 'Said', tones: ['said'] },
  planned: { title: 'Added and changed', tones: ['added', 'changed'] },
};

/** Whether every word stands somewhere in the entry, and it is of the kind. */
export function isWanted(entry: Entry, words = '', kind = ''): boolean {
  const tones = KINDS[kind]?.tones;
  if (tones && !tones.includes(entry.tone)) return false;
  const text = [entry.actor, entry.verb, entry.subject, entry.goal, entry.title, entry.detail, entry.type].join('\n').toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
