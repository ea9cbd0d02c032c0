// The one stream: its address, and what comes on it, by name. The worker takes no more than this of the events.

/** Every event the page knows; EventSource delivers a named event only to those who ask for it by name. */
export const EVENT_TYPES = [
  'goal_created', 'goal_retitled', 'goal_described', 'goal_reprioritised', 'goal_tagged', 'goal_untagged', 'goal_due_set', 'goal_assigned',
  'goal_metadata_set', 'goal_started', 'goal_completed', 'goal_cancelled', 'goal_reopened', 'goal_archived', 'goal_restored',
  'task_added', 'task_retitled', 'task_described', 'task_reprioritised', 'task_tagged', 'task_untagged', 'task_estimated', 'task_due_set',
  'task_assigned', 'task_moved', 'task_metadata_set',
  'dependency_added', 'dependency_removed', 'criterion_added', 'criterion_removed', 'criterion_met', 'criterion_unmet', 'link_added',
  'link_removed',
  'task_claimed', 'claim_renewed', 'claim_released', 'claim_expired',
  'task_started', 'task_blocked', 'task_unblocked', 'task_review_requested', 'task_completed', 'task_failed', 'task_cancelled', 'task_reopened',
  'task_archived', 'task_restored',
  'comment_added', 'comment_retracted', 'command_noted',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** What happened after a position, and how the server is when that changes. */
export const streamAfter = (position: number): string => `/events?after=${position}&also=server_status`;
