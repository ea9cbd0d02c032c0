import { expect, test } from 'vitest';
import { reasonFor } from './reasons';

const NOW_MS = Date.parse('2026-11-22T08:00:00Z');
const UNTIL = '2026-11-22T08:30:12.345678Z';
/** As the server says it. */
const claimed = { code: 'CLAIMED', message: `TASK-0001 is claimed by ada until ${UNTIL}; wait, or pass the fence if the claim is yours`, hint: 'claim another task meanwhile: find with view ready', task: 'TASK-0001', holder: 'ada', until: UNTIL };
const inTheWay = { ...claimed, hint: 'force undoes it all the same', event: 12, overridable: true };
const said = (problem: Parameters<typeof reasonFor>[0]) => Object.values(reasonFor(problem, NOW_MS)).join('. ');

test('a claim is said with a time of day, and without what only a tool could do', () => {
  expect(said(claimed)).toMatch(/^TASK-0001 is claimed by ada until \d\d:\d\d\. Wait, or ask for it to be given back$/);
  expect(said({ ...claimed, yours: true })).toContain('your own name');
});

test('an undo that is refused says what is in its way, and where that can be disregarded', () => {
  const refused = { ...inTheWay, message: `nothing was undone: ${claimed.message}; and 1 more`, hint: 'ask whoever went on from it, or give force; dry_run shows what that would do', conflicts: [inTheWay, inTheWay] };
  expect(said(refused)).toMatch(/^Nothing was taken back: TASK-0001 is claimed by ada until \d\d:\d\d, and 1 more thing is in the way\. The history shows all of it, and can disregard it$/);
  expect(said({ ...refused, conflicts: [{ ...inTheWay, overridable: false }] })).toContain('Take back first what is in the way');
});

test('no word that only tools know is left of what people run into', () => {
  const problems = [
    claimed,
    inTheWay,
    { code: 'FENCED', message: 'the fence 3 for TASK-0001 is out of date: it was claimed again since', hint: 'claim the task again; your earlier work on it was not recorded', task: 'TASK-0001' },
    { code: 'CRITERIA_OPEN', message: 'TASK-0001 has criteria that are not met: 1 (Dry); name those that hold in `met`', hint: 'check them, and pass the numbers of those that hold as `met`', task: 'TASK-0001', open: [{ number: 1, text: 'Dry' }] },
    { code: 'CONFLICT', message: 'TASK-0001 has been given another title since', hint: 'get it, look at what has changed since, and decide anew' },
    { code: 'NOT_FOUND', message: 'TASK-0099 does not exist', hint: 'use find to look it up' },
  ];
  for (const problem of problems) expect(said(problem)).not.toMatch(/`|fence|force|dry_run|\bfind\b|\bget\b|\d\d:\d\d:\d\d/);
});

test('what the server says well enough is left as it is', () => {
  expect(said({ code: 'BLOCKED', message: 'TASK-0001 has to wait for TASK-0002', hint: 'complete or cancel those first' })).toBe('TASK-0001 has to wait for TASK-0002. Complete or cancel those first');
});
