import { expect, test } from 'vitest';
import { CHARTS, columns, isEmpty, rows, type Chart } from './charting';
import type { Bucket } from './statistics';

const bucket = (hour: number, more: Partial<Bucket> = {}) => ({ at: new Date(hour * 3_600_000).toISOString(), completed: 0, reopened: 0, open: 3, done: 1, lead_p50_s: null, lead_p90_s: null, cycle_p50_s: null, cycle_p90_s: null, ...more }) as Bucket;
const chart = (name: string) => CHARTS.find((one) => one.name === name) as Chart;

test('burn-up is what there is and what is done', () => {
  expect(columns(chart('burnup'), [bucket(0), bucket(1, { open: 2, done: 2 })])).toEqual([[0, 3600], [4, 4], [1, 2]]);
});

test('the table leaves out what stays as it was and what is nothing', () => {
  const buckets = [bucket(0), bucket(1), bucket(2, { completed: 2 }), bucket(3, { completed: 2 }), bucket(4)];
  expect(rows(chart('rework'), buckets).map(({ cells }) => cells)).toEqual([['2', '0']]);
  expect(rows(chart('lead'), [bucket(0, { lead_p50_s: 90 })])[0]?.cells).toEqual(['2m', '–']);
});

test('a chart without numbers is empty', () => {
  expect([isEmpty(chart('lead'), [bucket(0)]), isEmpty(chart('burnup'), [bucket(0)])]).toEqual([true, false]);
});
