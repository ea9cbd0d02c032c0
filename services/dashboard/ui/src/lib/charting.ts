// What each chart shows, as columns of numbers.

import { lasting, type Bucket } from './statistics';

export interface Series {
  title: string;
  /** One of the colours of the page. */
  colour: string;
  of: (bucket: Bucket) => number | null;
  /** Dashed lines are told apart without colour. */
  dashed?: boolean;
  kind?: 'area' | 'bars';
}

export interface Chart {
  name: string;
  title: string;
  what: string;
  series: Series[];
  read: (value: number) => string;
}

const whole = (value: number) => String(Math.round(value));

export const CHARTS: readonly Chart[] = [
  {
    name: 'burnup',
    title: 'Burn-up',
    what: 'Tasks there are, and those that are done.',
    read: whole,
    series: [
      { title: 'all', colour: '--soft', dashed: true, of: ({ open, done }) => open + done },
      { title: 'done', colour: '--green', kind: 'area', of: ({ done }) => done },
    ],
  },
  {
    name: 'lead',
    title: 'Lead time',
    what: 'From added to completed, of what was completed then.',
    read: lasting,
    series: [
      { title: 'half within', colour: '--accent', of: ({ lead_p50_s }) => lead_p50_s },
      { title: 'nine in ten within', colour: '--amber', dashed: true, of: ({ lead_p90_s }) => lead_p90_s },
    ],
  },
  {
    name: 'cycle',
    title: 'Cycle time',
    what: 'From the first claim to completed.',
    read: lasting,
    series: [
      { title: 'half within', colour: '--accent', of: ({ cycle_p50_s }) => cycle_p50_s },
      { title: 'nine in ten within', colour: '--amber', dashed: true, of: ({ cycle_p90_s }) => cycle_p90_s },
    ],
  },
  {
    name: 'rework',
    title: 'Rework',
    what: 'Completed, and reopened again.',
    read: whole,
    series: [
      { title: 'completed', colour: '--green', kind: 'bars', of: ({ completed }) => completed },
      { title: 'reopened', colour: '--red', dashed: true, of: ({ reopened }) => reopened },
    ],
  },
];

/** Seconds since 1970, then a column for each series. */
export function columns({ series }: Chart, buckets: readonly Bucket[]): (number | null)[][] {
  return [buckets.map(({ at }) => Date.parse(at) / 1000), ...series.map(({ of }) => buckets.map(of))];
}

/** Rows of the table: those in which there is anything to read, so that nobody listens to an empty night. */
export function rows({ series, read }: Chart, buckets: readonly Bucket[]): { at: string; cells: string[] }[] {
  const all = buckets.map((bucket) => ({ at: bucket.at, values: series.map(({ of }) => of(bucket)) }));
  const told = all.filter(({ values }, at) => values.some((value) => value) && JSON.stringify(values) !== JSON.stringify(all[at - 1]?.values));
  return told.map(({ at, values }) => ({ at, cells: values.map((value) => (value === null ? '–' : read(value))) }));
}

/** Whether there is nothing to see. */
export function isEmpty({ series }: Chart, buckets: readonly Bucket[]): boolean {
  return !buckets.some((bucket) => series.some(({ of }) => of(bucket)));
}
