// Where the bars of the timeline lie: a lane for each agent, as many rows in it as it worked on at the same time.

import type { Attempt } from './statistics';

export interface Bar {
  attempt: Attempt;
  /** Shares of the width, from 0 to 1. */
  left: number;
  width: number;
  row: number;
  /** It began or goes on beyond what is shown. */
  cut: boolean;
}

export interface Lane {
  agent: string;
  rows: number;
  bars: Bar[];
}

/**
 * Agents in the order of their names, so that no lane moves while something happens. What is not over lasts until `now_ms`; what was
 * shorter than `shortest_ms` takes as much room all the same, so that nothing is drawn over it.
 */
export function lanes(attempts: readonly Attempt[], from_ms: number, to_ms: number, now_ms: number, shortest_ms = 0): Lane[] {
  const found = new Map<string, { attempt: Attempt; begin: number; end: number }[]>();
  for (const attempt of attempts) {
    const begin = Date.parse(attempt.from);
    const end = attempt.ended && attempt.until ? Date.parse(attempt.until) : now_ms;
    if (begin >= to_ms || end < from_ms) continue;
    const lane = found.get(attempt.agent);
    if (lane) lane.push({ attempt, begin, end });
    else found.set(attempt.agent, [{ attempt, begin, end }]);
  }
  const names = [...found.keys()].sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
  return names.map((agent) => {
    const ends: number[] = [];
    const bars = (found.get(agent) ?? []).sort((one, other) => one.begin - other.begin).map(({ attempt, begin, end }) => {
      const free = ends.findIndex((taken) => taken <= begin);
      const row = free === -1 ? ends.length : free;
      ends[row] = Math.max(end, begin + shortest_ms);
      const [left, right] = [Math.max(begin, from_ms), Math.min(end, to_ms)];
      const share = (ms: number) => ms / (to_ms - from_ms);
      return { attempt, left: share(left - from_ms), width: Math.max(share(right - left), 0), row, cut: begin < from_ms || end > to_ms };
    });
    return { agent, rows: Math.max(ends.length, 1), bars };
  });
}

const MINUTE_MS = 60_000;
const STEPS_MS = [1, 2, 5, 10, 30, 60, 120, 360, 720, 1440, 2880, 7200, 14_400].map((minutes) => minutes * MINUTE_MS);

/** At most `max` round moments of the reader's own day within the span. */
export function ticks(from_ms: number, to_ms: number, max: number, zone_ms = new Date(to_ms).getTimezoneOffset() * MINUTE_MS): number[] {
  const step = STEPS_MS.find((one) => (to_ms - from_ms) / one <= max) ?? Math.ceil((to_ms - from_ms) / max);
  const found: number[] = [];
  for (let at = Math.ceil((from_ms - zone_ms) / step) * step + zone_ms; at <= to_ms; at += step) found.push(at);
  return found;
}
