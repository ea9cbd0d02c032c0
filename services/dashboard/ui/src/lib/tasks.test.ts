import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Board } from './board.svelte';
import type { FeedEvent } from './events';
import type { TaskRow } from './rows';
import { Tasks } from './tasks.svelte';

const task = (number: number, version = 1, more: Partial<TaskRow> = {}) =>
  ({ id: `TASK-000${number}`, goal: 'GOAL-0001', title: `${number}.${version}`, status: 'pending', priority: 'medium', version, created_at: '', updated_at: '', ...more }) as TaskRow;
const frame = (...tasks: TaskRow[]) => ({ type: 'task_retitled', data: {}, meta: { position: 9 }, rows: { tasks } }) as unknown as FeedEvent;

/** Streams these pieces, each on demand. */
let pieces: string[];
let asked: string[];

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path);
    const given = [...pieces];
    const body = new ReadableStream({ pull: (stream) => (given.length > 0 ? stream.enqueue(new TextEncoder().encode(given.shift())) : stream.close()) });
    return new Response(body);
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const streamed = (...rows: TaskRow[]) => [{ position: 5, epoch: 'one', total: rows.length }, ...rows, { end: true, count: rows.length }].map((line) => `${JSON.stringify(line)}\n`).join('');
const told = (tasks: Tasks) => [...tasks.all()].map(({ title }) => title).sort();

test('rows are read however the stream is cut, and letters of several bytes are not', async () => {
  const whole = streamed(task(1, 1, { title: 'naïve 目標' }), task(2));
  const bytes = new TextEncoder().encode(whole);
  vi.stubGlobal('fetch', async () => {
    let at = 0;
    return new Response(new ReadableStream({ pull: (stream) => (at < bytes.length ? stream.enqueue(bytes.slice(at, (at += 3))) : stream.close()) }));
  });
  const tasks = new Tasks(new Board());
  await vi.waitFor(() => expect(tasks.state).toBe('ready'));
  expect(told(tasks)).toEqual(['2.1', 'naïve 目標']);
});

test('what a frame brought while they are read wins, and what is older does not', async () => {
  pieces = [streamed(task(1, 2), task(2, 2))];
  const tasks = new Tasks(new Board());
  tasks.frames([frame(task(1, 3), task(3, 1)), frame(task(2, 1))]);
  await vi.waitFor(() => expect(tasks.state).toBe('ready'));
  expect(told(tasks)).toEqual(['1.3', '2.2', '3.1']);
});

test('what was archived leaves, and after a new snapshot all is read again and what is gone is forgotten', async () => {
  pieces = [streamed(task(1), task(2), task(3))];
  const tasks = new Tasks(new Board());
  await vi.waitFor(() => expect(tasks.state).toBe('ready'));
  tasks.frames([frame(task(1, 2, { archived: true }))]);
  expect(told(tasks)).toEqual(['2.1', '3.1']);
  pieces = [streamed(task(3, 4))];
  tasks.begun(false);
  await vi.waitFor(() => expect(told(tasks)).toEqual(['3.4']));
});

test('the tasks of a goal leave with it, whatever was on its way, and come back with it', async () => {
  const about = (type: string) => ({ ...frame(), type, meta: { position: 9, goal: 'GOAL-0001' } }) as FeedEvent;
  const others = task(4, 1, { goal: 'GOAL-0002' });
  pieces = [streamed(task(1), task(2), others)];
  const tasks = new Tasks(new Board());
  tasks.frames([frame(task(2, 2)), about('goal_archived'), frame(task(1, 2))]);
  await vi.waitFor(() => expect(tasks.state).toBe('ready'));
  expect(told(tasks)).toEqual(['4.1']);
  pieces = [streamed(task(1, 2), task(2, 2), others)];
  tasks.frames([about('goal_restored')]);
  await vi.waitFor(() => expect(told(tasks)).toEqual(['1.2', '2.2', '4.1']));
});

test('a stream that ends early is no reading; it is tried again', async () => {
  pieces = [`${JSON.stringify({ position: 5, total: 2 })}\n${JSON.stringify(task(1))}\n`];
  const tasks = new Tasks(new Board());
  await vi.waitFor(() => expect(tasks.state).toBe('failed'));
  pieces = [streamed(task(1), task(2))];
  await vi.advanceTimersByTimeAsync(1000);
  await vi.waitFor(() => expect(tasks.state).toBe('ready'));
  expect([asked.length, tasks.size]).toEqual([2, 2]);
});

test('the past is asked for as of its position, and no frame changes it', async () => {
  pieces = [streamed(task(1))];
  const board = new Board();
  const tasks = new Tasks(board, 4711);
  await vi.waitFor(() => expect(tasks.state).toBe('ready'));
  expect(asked[0]).toContain('as_of=4711');
});

test('a row looks changed until that is taken back, unless a newer one came', async () => {
  pieces = [streamed(task(1))];
  const tasks = new Tasks(new Board());
  await vi.waitFor(() => expect(tasks.state).toBe('ready'));
  const back = tasks.expect('TASK-0001', { status: 'blocked' });
  expect(tasks.row('TASK-0001')?.status).toBe('blocked');
  back?.();
  expect(tasks.row('TASK-0001')?.status).toBe('pending');
  const late = tasks.expect('TASK-0001', { status: 'blocked' });
  tasks.frames([frame(task(1, 2, { status: 'completed' }))]);
  late?.();
  expect(tasks.row('TASK-0001')?.status).toBe('completed');
});
