// How moments and spans are written. Everything is given the time; nothing here reads a clock.

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** `4:59`, from an hour on `1h 4m`: what is left until `until`, or undefined when it is over. Seconds would only distract from afar. */
export function countdown(until: string, now_ms: number): string | undefined {
  const left_s = Math.ceil((Date.parse(until) - now_ms) / 1000);
  if (!(left_s > 0)) return undefined;
  if (left_s >= HOUR_S) return span(Math.floor(left_s / MINUTE_S));
  return `${Math.floor(left_s / MINUTE_S)}:${String(left_s % MINUTE_S).padStart(2, '0')}`;
}

/** `now`, `5m`, `3h`, `2d`: how long ago, in one short word. */
export function ago(at: string, now_ms: number): string {
  const past_s = Math.max(0, (now_ms - Date.parse(at)) / 1000);
  if (past_s < MINUTE_S) return 'now';
  if (past_s < HOUR_S) return `${Math.floor(past_s / MINUTE_S)}m`;
  if (past_s < DAY_S) return `${Math.floor(past_s / HOUR_S)}h`;
  return `${Math.floor(past_s / DAY_S)}d`;
}

/** `90` minutes as `1h 30m`. */
export function span(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), Math.round(minutes % 60)];
  return [hours > 0 && `${hours}h`, (rest > 0 || hours === 0) && `${rest}m`].filter(Boolean).join(' ');
}

/** The time of day, with the day when it is not today's. */
export function clockTime(at: string, now_ms: number): string {
  const [moment, today] = [new Date(at), new Date(now_ms)];
  const time = moment.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
  return moment.toDateString() === today.toDateString() ? time : `${day(at)} ${time.slice(0, 5)}`;
}

/** `21 Nov`, from a date or an instant. A plain date has no zone and must not slip a day in the west. */
export function day(at: string): string {
  const zone = /^\d{4}-\d\d-\d\d$/.test(at) ? 'UTC' : undefined;
  return new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: zone });
}

/** In full, for tooltips. */
export function inFull(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' });
}
