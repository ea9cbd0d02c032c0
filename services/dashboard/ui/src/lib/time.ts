// How moments and spans are written. Everything is given the time; nothing here reads a clock.
//
// What is on the first screen is written without Intl: whoever makes the first of its formats waits for 0.1 s on a slow device.

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
  const time = moment.toTimeString();
  return moment.toDateString() === today.toDateString() ? time.slice(0, 8) : `${day(at, now_ms)} ${time.slice(0, 5)}`;
}

/** `12:03`, with the day when it is not today's. */
export function minuteTime(at_ms: number, now_ms: number): string {
  return clockTime(new Date(at_ms).toISOString(), now_ms).replace(/(:\d\d):\d\d$/, '$1');
}

/** `21 Nov`, with the year when it is not this one. A plain date has no zone and must not slip a day in the west. */
export function day(at: string, now_ms: number): string {
  const moment = new Date(isPlainDate(at) ? `${at}T00:00` : at);
  const [, month, date, year] = moment.toDateString().split(' ');
  const isThisYear = moment.getFullYear() === new Date(now_ms).getFullYear();
  return `${Number(date)} ${month}${isThisYear ? '' : ` ${year}`}`;
}

/** Whether it should have been done by now: a plain date is over when the day has ended in UTC, as the server has it. */
export function isOverdue(due: string, now_ms: number): boolean {
  return now_ms >= Date.parse(due) + (isPlainDate(due) ? DAY_S * 1000 : 0);
}

function isPlainDate(at: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(at);
}

/** In full, for tooltips. What is on the first screen writes them when they are pointed at. */
export function inFull(at: string): string {
  // Made once: that takes longer than a hundred uses.
  return (full ??= new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })).format(new Date(at));
}

let full: Intl.DateTimeFormat | undefined;
