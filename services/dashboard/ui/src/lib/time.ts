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

/** Making a format takes longer than using it a hundred times, and a table uses it for every row. */
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const IN_FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });

/** The time of day, with the day when it is not today's. */
export function clockTime(at: string, now_ms: number): string {
  const [moment, today] = [new Date(at), new Date(now_ms)];
  const time = CLOCK.format(moment);
  return moment.toDateString() === today.toDateString() ? time : `${day(at, now_ms)} ${time.slice(0, 5)}`;
}

/** `12:03`, with the day when it is not today's. */
export function minuteTime(at_ms: number, now_ms: number): string {
  return clockTime(new Date(at_ms).toISOString(), now_ms).replace(/(:\d\d):\d\d$/, '$1');
}

/** `21 Nov`, with the year when it is not this one. A plain date has no zone and must not slip a day in the west. */
export function day(at: string, now_ms: number): string {
  const [moment, zone] = [new Date(at), isPlainDate(at) ? 'UTC' : undefined];
  const isThisYear = dayFormat(zone, 'only').format(moment) === dayFormat(zone, 'only').format(now_ms);
  return dayFormat(zone, isThisYear ? 'without' : 'with').format(moment);
}

const dayFormats = new Map<string, Intl.DateTimeFormat>();
const YEARS = { only: { year: 'numeric' }, without: { day: 'numeric', month: 'short' }, with: { day: 'numeric', month: 'short', year: 'numeric' } } as const;

function dayFormat(timeZone: string | undefined, year: keyof typeof YEARS): Intl.DateTimeFormat {
  const key = `${timeZone} ${year}`;
  let format = dayFormats.get(key);
  if (!format) dayFormats.set(key, (format = new Intl.DateTimeFormat('en-GB', { ...YEARS[year], timeZone })));
  return format;
}

/** Whether it should have been done by now: a plain date is over when the day has ended in UTC, as the server has it. */
export function isOverdue(due: string, now_ms: number): boolean {
  return now_ms >= Date.parse(due) + (isPlainDate(due) ? DAY_S * 1000 : 0);
}

function isPlainDate(at: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(at);
}

/** In full, for tooltips. */
export function inFull(at: string): string {
  return IN_FULL.format(new Date(at));
}
