// Numbers of the log as the server counts them, and how they are asked for.

export interface Bucket {
  at: string;
  events: number;
  created: number;
  completed: number;
  failed: number;
  cancelled: number;
  reopened: number;
  claimed: number;
  /** Totals at the end of the bucket. */
  open: number;
  done: number;
  lead_p50_s: number | null;
  lead_p90_s: number | null;
  cycle_p50_s: number | null;
  cycle_p90_s: number | null;
}

export interface Stats {
  position: number;
  from: string;
  to: string;
  bucket_s: number;
  buckets: Bucket[];
}

export interface Agent {
  actor: string;
  last_at: string;
  last_position: number;
  last_type: string;
  events_24h: number;
  completed_24h: number;
  claims: AgentClaim[];
}

export interface AgentClaim {
  task: string;
  goal: string;
  title: string;
  since: string;
  until: string;
  fence: number;
}

export interface Attempt {
  task: string;
  goal: string;
  title: string;
  agent: string;
  fence: number;
  from: string;
  until?: string;
  ended?: 'completed' | 'failed' | 'released' | 'expired' | 'taken_over' | 'handed_off' | 'cancelled' | 'other';
}

export interface Server {
  name: string;
  role?: string;
  status: 'ok' | 'degraded' | 'down';
  detail?: string;
  since?: string;
  /** Numbers, by name with the unit last: `free_bytes`, `lag_events`. */
  values?: Record<string, number>;
}

/** `free_bytes` and 24288710656 as `24.3 GB free`; a name without a unit that is known stands before its number. */
export function valueText(name: string, value: number): string {
  const [, what, unit] = /^(.*?)_?(bytes|ms|s|events)$/.exec(name) ?? [];
  const words = (what ?? name).replaceAll('_', ' ');
  if (unit === 'bytes') return `${value >= 1e9 ? `${(value / 1e9).toFixed(1)} GB` : `${Math.round(value / 1e6)} MB`} ${words}`;
  if (unit === 'events') return `${words} ${value} ${value === 1 ? 'event' : 'events'}`;
  if (unit === 'ms' || unit === 's') return `${words} ${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} ${unit}`;
  return `${words} ${value}`;
}

export const HOUR_MS = 3_600_000;

/** The time spans that charts and the timeline offer. */
export const SPANS: readonly [name: string, title: string, ms: number][] = [
  ['10m', '10 min', HOUR_MS / 6],
  ['1h', '1 hour', HOUR_MS],
  ['6h', '6 hours', 6 * HOUR_MS],
  ['24h', '24 hours', 24 * HOUR_MS],
  ['7d', '7 days', 7 * 24 * HOUR_MS],
  ['30d', '30 days', 30 * 24 * HOUR_MS],
];

export const spanOf = (name: string | undefined, otherwise: string): (typeof SPANS)[number] =>
  SPANS.find(([one]) => one === name) ?? (SPANS.find(([one]) => one === otherwise) as (typeof SPANS)[number]);

export function statsPath(from_ms: number, to_ms: number, buckets: number, goal?: string): string {
  const iso = (ms: number) => new Date(ms).toISOString();
  return `/api/v1/stats?${new URLSearchParams({ from: iso(from_ms), to: iso(to_ms), buckets: String(buckets), ...(goal && { goal }) })}`;
}

export const sum = (buckets: readonly Bucket[], of: keyof Bucket): number => buckets.reduce((total, bucket) => total + Number(bucket[of] ?? 0), 0);

/** `45s`, `12m`, `3h 20m`, `2d 4h`. */
export function lasting(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours < 24) return rest > 0 ? `${hours}h ${rest}m` : `${hours}h`;
  const [days, left] = [Math.floor(hours / 24), hours % 24];
  return left > 0 ? `${days}d ${left}h` : `${days}d`;
}
