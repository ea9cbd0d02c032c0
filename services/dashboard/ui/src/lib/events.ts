// How each event reads as a sentence: "claude-1 claimed TASK-0003 Write the relay, for 15m".

import type { Entry } from './activity.svelte';
import { span } from './time';
import type { ChangedRows } from './rows';
import type { EventType } from './stream';

/** One event as the stream carries it. */
export interface FeedEvent {
  type: string;
  data: Record<string, unknown>;
  meta: {
    position: number;
    at: string;
    workspace: string;
    goal: string;
    subject: string;
    sequence: number;
    actor: string;
    actor_kind?: string;
    client?: string;
    command_id: string;
  };
  rows?: ChangedRows;
}

/** Which icon stands before the sentence. */
export type Tone = 'added' | 'changed' | 'claim' | 'in_progress' | 'blocked' | 'in_review' | 'completed' | 'failed' | 'cancelled' | 'said';

interface Telling {
  tone: Tone;
  /** What the actor did to the subject; the subject's name follows. */
  verb: string;
  /** What more there is to say. */
  detail?: (data: Record<string, unknown>) => string | undefined;
}

const change = ({ from, to }: Record<string, unknown>) => (to == null ? `was ${plain(from)}` : from == null ? plain(to) : `${plain(from)} → ${plain(to)}`);
const named = (field: string) => (data: Record<string, unknown>) => plain(data[field]);
const minutes = (value: unknown) => (typeof value === 'number' ? span(value) : undefined);
const secondsBetween = (from: unknown, to: unknown) => Math.max(0, Math.round((Date.parse(String(to)) - Date.parse(String(from))) / 1000)) || 0;
const leaseFor = (seconds: number) => (seconds < 60 ? `for ${seconds}s` : `for ${span(Math.round(seconds / 60))}`);
/** A claim renewed a moment after it was made is hardly longer than before. */
const renewedFor = (seconds: number) => (seconds < 60 ? 'just now' : `${leaseFor(seconds)} more`);
const linked = ({ link }: Record<string, unknown>) => {
  const { rel, to } = (link ?? {}) as { rel?: string; to?: string };
  return [rel, to].filter(Boolean).join(' ');
};

const TELLINGS: Record<EventType, Telling> = {
  goal_created: { tone: 'added', verb: 'created' },
  goal_retitled: { tone: 'changed', verb: 'renamed', detail: change },
  goal_described: { tone: 'changed', verb: 'described' },
  goal_reprioritised: { tone: 'changed', verb: 'reprioritised', detail: change },
  goal_tagged: { tone: 'changed', verb: 'tagged', detail: named('tag') },
  goal_untagged: { tone: 'changed', verb: 'untagged', detail: named('tag') },
  goal_due_set: { tone: 'changed', verb: 'set the due date of', detail: change },
  goal_assigned: { tone: 'changed', verb: 'assigned', detail: change },
  goal_metadata_set: { tone: 'changed', verb: 'set metadata of', detail: named('key') },
  goal_started: { tone: 'in_progress', verb: 'started' },
  goal_completed: { tone: 'completed', verb: 'completed', detail: named('result') },
  goal_cancelled: { tone: 'cancelled', verb: 'cancelled' },
  goal_reopened: { tone: 'in_progress', verb: 'reopened' },
  goal_archived: { tone: 'cancelled', verb: 'archived' },
  goal_restored: { tone: 'added', verb: 'restored' },

  task_added: { tone: 'added', verb: 'added' },
  task_retitled: { tone: 'changed', verb: 'renamed', detail: change },
  task_described: { tone: 'changed', verb: 'described' },
  task_reprioritised: { tone: 'changed', verb: 'reprioritised', detail: change },
  task_tagged: { tone: 'changed', verb: 'tagged', detail: named('tag') },
  task_untagged: { tone: 'changed', verb: 'untagged', detail: named('tag') },
  task_estimated: { tone: 'changed', verb: 'estimated', detail: ({ from, to }) => change({ from: minutes(from), to: minutes(to) }) },
  task_due_set: { tone: 'changed', verb: 'set the due date of', detail: change },
  task_assigned: { tone: 'changed', verb: 'assigned', detail: change },
  task_moved: { tone: 'changed', verb: 'moved', detail: ({ to }) => (to == null ? 'to the top' : `under ${plain(to)}`) },
  task_metadata_set: { tone: 'changed', verb: 'set metadata of', detail: named('key') },

  dependency_added: { tone: 'changed', verb: 'put in order', detail: ({ on }) => `after ${plain(on)}` },
  dependency_removed: { tone: 'changed', verb: 'freed', detail: ({ on }) => `no longer after ${plain(on)}` },
  criterion_added: { tone: 'changed', verb: 'added a criterion to', detail: named('text') },
  criterion_removed: { tone: 'changed', verb: 'removed a criterion from', detail: named('text') },
  criterion_met: { tone: 'completed', verb: 'met a criterion of', detail: ({ number }) => `criterion ${plain(number)}` },
  criterion_unmet: { tone: 'changed', verb: 'no longer meets a criterion of', detail: ({ number }) => `criterion ${plain(number)}` },
  link_added: { tone: 'changed', verb: 'linked', detail: linked },
  link_removed: { tone: 'changed', verb: 'unlinked', detail: linked },

  task_claimed: { tone: 'claim', verb: 'claimed', detail: ({ at, until }) => leaseFor(secondsBetween(at, until)) },
  claim_renewed: { tone: 'claim', verb: 'renewed the claim on', detail: ({ from, to }) => renewedFor(secondsBetween(from, to)) },
  claim_released: { tone: 'claim', verb: 'released' },
  claim_expired: { tone: 'blocked', verb: 'found an expired claim on', detail: ({ holder }) => `held by ${plain(holder)}` },

  task_started: { tone: 'in_progress', verb: 'started' },
  task_blocked: { tone: 'blocked', verb: 'blocked', detail: named('reason') },
  task_unblocked: { tone: 'in_progress', verb: 'unblocked' },
  task_review_requested: { tone: 'in_review', verb: 'asked for review of' },
  task_completed: { tone: 'completed', verb: 'completed', detail: named('result') },
  task_failed: { tone: 'failed', verb: 'failed', detail: named('result') },
  task_cancelled: { tone: 'cancelled', verb: 'cancelled' },
  task_reopened: { tone: 'in_progress', verb: 'reopened' },
  task_archived: { tone: 'cancelled', verb: 'archived' },
  task_restored: { tone: 'added', verb: 'restored' },

  comment_added: { tone: 'said', verb: 'commented on', detail: named('body') },
  comment_retracted: { tone: 'said', verb: 'retracted a comment on' },
  command_noted: { tone: 'changed', verb: 'repeated a request about', detail: () => 'nothing changed' },
};

const SAYING: Record<string, string> = { decision: 'recorded a decision on', question: 'asked about', handoff: 'left a handoff on' };

const isTakenBack = (type: string, { to }: Record<string, unknown>) => (type === 'task_assigned' || type === 'goal_assigned') && to == null;

export interface Sentence {
  tone: Tone;
  verb: string;
  detail?: string;
}

export function tell({ type, data }: Pick<FeedEvent, 'type' | 'data'>): Sentence {
  const telling = TELLINGS[type as EventType] ?? { tone: 'changed' as const, verb: `${type.replaceAll('_', ' ')}:` };
  const verb = (type === 'comment_added' && SAYING[String(data.kind)]) || (isTakenBack(type, data) && 'unassigned') || telling.verb;
  return { tone: telling.tone, verb, detail: telling.detail?.(data) || undefined };
}

export function entryOf(event: FeedEvent, fresh: boolean): Entry {
  const { position, at, actor, actor_kind, goal, subject } = event.meta;
  return { ...tell(event), position, at, actor, actorKind: actor_kind, goal, subject, title: subjectTitle(event), fresh, type: event.type };
}

/** The title of what the event is about, from the event itself or from the rows that came with it. */
export function subjectTitle({ data, meta, rows }: FeedEvent): string | undefined {
  const row = [...(rows?.tasks ?? []), ...(rows?.goals ?? [])].find(({ id }) => id === meta.subject);
  return row?.title ?? (typeof data.title === 'string' ? data.title : undefined);
}

/** Sealed text and structures have no short reading. */
function plain(value: unknown): string {
  if (value == null) return '';
  return typeof value === 'object' ? ('enc' in value ? 'sealed text' : JSON.stringify(value)) : String(value).replaceAll('_', ' ');
}
