import { expect, test } from 'vitest';
import { applyRows, doneOf, forgetMissing, goalIdOf, waitsFor, type Held, type TaskRow } from './rows';
import { treeLines } from './tree';

const task = (number: number, more: Partial<TaskRow> = {}): TaskRow => ({
  id: `TASK-${String(number).padStart(4, '0')}`,
  goal: 'GOAL-0001',
  title: `Task ${number}`,
  status: 'pending',
  priority: 'medium',
  version: 1,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  ...more,
});
const held = (row: TaskRow): Held<TaskRow> => ({ row, position: 1, changes: 0 });

test('a newer version replaces, an older one is ignored', () => {
  const rows = new Map<string, Held<TaskRow>>();
  applyRows(rows, [task(1, { version: 5, title: 'five' })], 10);
  expect(applyRows(rows, [task(1, { version: 4, title: 'four' })], 11)).toEqual([]);
  expect(applyRows(rows, [task(1, { version: 6, title: 'six' })], 9)).toEqual(['TASK-0001']);
  expect(rows.get('TASK-0001')?.row.title).toBe('six');
});

test('of the same version the later reading stays, so that progress never goes back', () => {
  const rows = new Map<string, Held<TaskRow>>();
  applyRows(rows, [task(1, { title: 'at 20' })], 20);
  applyRows(rows, [task(1, { title: 'at 19' })], 19);
  expect(rows.get('TASK-0001')?.row.title).toBe('at 20');
  applyRows(rows, [task(1, { title: 'at 21' })], 21);
  expect(rows.get('TASK-0001')?.row.title).toBe('at 21');
});

test('a row counts a change only when something in it differs', () => {
  const rows = new Map<string, Held<TaskRow>>();
  applyRows(rows, [task(1)], 1);
  applyRows(rows, [task(1)], 2);
  expect(rows.get('TASK-0001')?.changes).toBe(0);
  applyRows(rows, [task(1, { version: 2, status: 'completed' })], 3);
  expect(rows.get('TASK-0001')?.changes).toBe(1);
});

test('a complete reading takes away what is gone, but not what came after it nor what it does not cover', () => {
  const rows = new Map<string, Held<TaskRow>>();
  applyRows(rows, [task(1), task(2), task(4, { goal: 'GOAL-0002' })], 10);
  applyRows(rows, [task(3)], 21);
  forgetMissing(rows, [task(1)], 20, ({ goal }) => goal === 'GOAL-0001');
  expect([...rows.keys()]).toEqual(['TASK-0001', 'TASK-0004', 'TASK-0003']);
});

test('what was cancelled is no part of the whole', () => {
  const none = { total: 0, pending: 0, in_progress: 0, blocked: 0, in_review: 0, completed: 0, failed: 0, cancelled: 0 };
  expect(doneOf({ ...none, total: 10, completed: 3, cancelled: 2, pending: 5 })).toEqual({ done: 3, of: 8 });
});

test('a goal is named however its id is written', () => {
  expect(['GOAL-0001', 'goal-1', ' Goal-001 ', 'goal-12345'].map(goalIdOf)).toEqual(['GOAL-0001', 'GOAL-0001', 'GOAL-0001', 'GOAL-12345']);
  expect(['', 'goal', 'goal-0', 'TASK-0001', 'goal-1 bridge', undefined].map(goalIdOf)).toEqual(Array(6).fill(undefined));
});

const outline = (lines: ReturnType<typeof treeLines>) => lines.map(({ held: { row }, depth }) => '-'.repeat(depth) + Number(row.id.slice(5)));

test('the tree has parents before children and siblings by number', () => {
  const tasks = [task(10000, { parent: 'TASK-0002' }), task(9999, { parent: 'TASK-0002' }), task(2), task(1), task(3, { parent: 'TASK-9999' })].map(held);
  expect(outline(treeLines(tasks))).toEqual(['1', '2', '-9999', '--3', '-10000']);
  expect(outline(treeLines(tasks, new Set(['TASK-9999'])))).toEqual(['1', '2', '-9999', '-10000']);
});

test('a filtered tree keeps the ancestors of what it found', () => {
  const tasks = [task(1), task(2, { parent: 'TASK-0001' }), task(3, { parent: 'TASK-0002', title: 'needle' }), task(4)].map(held);
  expect(outline(treeLines(tasks, new Set(['TASK-0001']), 'needle'))).toEqual(['1', '-2', '--3']);
});

test('a task whose parent is out of sight stands at the root', () => {
  expect(outline(treeLines([held(task(5, { parent: 'TASK-0001' }))]))).toEqual(['5']);
});

test('a task waits only for what is not settled, and for nothing once it is settled itself', () => {
  const before = [task(1), task(2, { status: 'completed' }), task(3, { status: 'cancelled' }), task(4, { archived: true }), task(5, { status: 'failed' })];
  const rows = new Map(before.map((row) => [row.id, held(row)]));
  const after = [...before.map(({ id }) => id), 'TASK-0099'];
  expect(waitsFor(task(6, { after }), rows)).toEqual(['TASK-0001', 'TASK-0005']);
  expect(waitsFor(task(6, { after, status: 'completed' }), rows)).toEqual([]);
});
