// The board inside a chat: what it makes of answers, and how it speaks with the client around it.

import { describe, expect, test, vi } from 'vitest';
import type { GoalRow, TaskRow } from '../lib/rows';
import { Refused, structureOf, subjectOf, type Answer } from './answer';
import { Host, PROTOCOL_VERSION } from './host';
import { Shown } from './shown.svelte';

const goal = (id: string, version = 1) => ({ id, title: `Goal ${id}`, status: 'pending', priority: 'medium', version, progress: {} }) as unknown as GoalRow;
const task = (id: string, of: string, version = 1) => ({ id, goal: of, title: `Task ${id}`, status: 'pending', version }) as TaskRow;
const tree = { include: ['tree'] };

/** A client in the place of the window: what it was sent, and what it says. */
function client(capabilities: object = { serverTools: {} }, answers: Answer[] = []) {
  const sent: { id?: number; method?: string; params: Record<string, unknown>; result?: unknown; error?: unknown }[] = [];
  let say = (_: unknown) => {};
  const shown = new Shown(() => {});
  const post = (message: object) => {
    const { id, method } = message as { id?: number; method?: string };
    sent.push(message as (typeof sent)[number]);
    const reply = (result: unknown) => say({ jsonrpc: '2.0', id, result });
    if (method === 'ui/initialize') reply({ hostCapabilities: capabilities, hostContext: { theme: 'dark' } });
    if (method === 'tools/call') reply(answers.shift());
  };
  const host = new Host({ post, listen: (take) => (say = take) }, shown);
  const tell = (method: string, params: object) => say({ jsonrpc: '2.0', method, params });
  return { host, shown, sent, tell, say: (message: unknown) => say(message) };
}

describe('an answer', () => {
  test('of get with the tree is a whole goal; in portions, of the past or without the tree it is not', () => {
    const structuredContent = { position: 7, goals: [{ ...goal('GOAL-0001'), tasks: [task('TASK-0001', 'GOAL-0001')] }] };
    expect(subjectOf({ structuredContent }, tree)).toMatchObject({ goals: ['GOAL-0001'], position: 7, read: { position: 7 } });
    expect(subjectOf({ structuredContent }, {}).read).toBeUndefined();
    expect(subjectOf({ structuredContent }, { ...tree, as_of: 5 }).read).toBeUndefined();
    expect(subjectOf({ structuredContent: { ...structuredContent, more: '7.0.1' } }, tree).read).toBeUndefined();
  });

  test('of get about tasks is about their goals, and about the task when it is one', () => {
    const tasks = [task('TASK-0003', 'GOAL-0002'), task('TASK-0004', 'GOAL-0001'), task('TASK-0005', 'GOAL-0002')];
    expect(subjectOf({ structuredContent: { position: 9, tasks } })).toMatchObject({ goals: ['GOAL-0002', 'GOAL-0001'], task: undefined });
    expect(subjectOf({ structuredContent: { position: 9, tasks: tasks.slice(0, 1) } })).toMatchObject({ goals: ['GOAL-0002'], task: 'TASK-0003' });
  });

  test('of create_goal and plan names its goal', () => {
    expect(subjectOf({ structuredContent: { position: 3, goal: 'GOAL-0004', ids: {} } })).toEqual({ goals: ['GOAL-0004'], position: 3 });
  });

  test('is read from its text when the client leaves out the structure', () => {
    expect(subjectOf({ content: [{ type: 'text', text: '{"position":3,"goal":"GOAL-0004"}' }] })).toEqual({ goals: ['GOAL-0004'], position: 3 });
    expect(subjectOf({ content: [{ type: 'text', text: 'no JSON' }] }).goals).toEqual([]);
  });

  test('that refuses says why and what to do', () => {
    const refused = { isError: true, structuredContent: { message: 'there is no GOAL-9', hint: 'find has it' } };
    expect(() => structureOf(refused)).toThrow(new Refused('there is no GOAL-9; find has it'));
    expect(() => structureOf({ isError: true })).toThrow('The call was refused');
  });
});

describe('the page', () => {
  test('introduces itself, and says that it listens once it was answered', async () => {
    const { host, sent, shown } = client();
    await host.connect('goalstream-board', '1');
    expect(sent[0]).toMatchObject({ method: 'ui/initialize', params: { protocolVersion: PROTOCOL_VERSION, appInfo: { name: 'goalstream-board', version: '1' } } });
    expect(sent[1]).toEqual({ jsonrpc: '2.0', method: 'ui/notifications/initialized', params: {} });
    expect(shown.call).toBeDefined();
  });

  test('shows a whole goal without asking for more', async () => {
    const { host, shown, sent, tell } = client();
    await host.connect('b', '1');
    tell('ui/notifications/tool-input', { arguments: { ids: ['GOAL-0001'], ...tree } });
    tell('ui/notifications/tool-result', { structuredContent: { position: 7, goals: [{ ...goal('GOAL-0001'), tasks: [task('TASK-0001', 'GOAL-0001')] }] } });
    expect([shown.state, shown.goal, shown.position, shown.tasksOf('GOAL-0001').length]).toEqual(['ready', 'GOAL-0001', 7, 1]);
    expect(sent.filter(({ method }) => method === 'tools/call')).toEqual([]);
  });

  test('reads a goal that was only named, in all its portions and not older than the answer', async () => {
    const portion = (position: number, tasks: TaskRow[], more?: string): Answer => ({ structuredContent: { position, more, goals: [{ ...goal('GOAL-0001'), tasks }] } });
    const { host, shown, sent, tell } = client({ serverTools: {} }, [portion(9, [task('TASK-0001', 'GOAL-0001')], '9.0.2'), portion(9, [task('TASK-0002', 'GOAL-0001')])]);
    await host.connect('b', '1');
    tell('ui/notifications/tool-result', { structuredContent: { position: 8, goal: 'GOAL-0001' } });
    await vi.waitFor(() => expect(shown.state).toBe('ready'));
    const asked = { ids: ['GOAL-0001'], include: ['tree'], min_position: 8 };
    const calls = sent.filter(({ method }) => method === 'tools/call').map(({ params }) => params);
    expect(calls).toEqual([{ name: 'get', arguments: asked }, { name: 'get', arguments: { ...asked, cursor: '9.0.2' } }]);
    expect(shown.tasksOf('GOAL-0001').map(({ row }) => row.id)).toEqual(['TASK-0001', 'TASK-0002']);
    expect(shown.isCut).toBe(false);
  });

  test('takes away what a refreshed goal no longer has, and keeps what is shown when it cannot be read', async () => {
    const answer = (position: number, tasks: TaskRow[]): Answer => ({ structuredContent: { position, goals: [{ ...goal('GOAL-0001'), tasks }] } });
    const [one, two] = [task('TASK-0001', 'GOAL-0001'), task('TASK-0002', 'GOAL-0001')];
    const { host, shown, tell } = client({ serverTools: {} }, [answer(8, [one, two]), answer(12, [{ ...one, status: 'completed', version: 5 }]), { isError: true, structuredContent: { message: 'busy' } }]);
    await host.connect('b', '1');
    tell('ui/notifications/tool-result', { structuredContent: { position: 8, goal: 'GOAL-0001' } });
    await vi.waitFor(() => expect(shown.position).toBe(8));
    shown.refresh();
    await vi.waitFor(() => expect(shown.position).toBe(12));
    expect(shown.tasksOf('GOAL-0001').map(({ row, changes }) => [row.id, row.status, changes])).toEqual([['TASK-0001', 'completed', 1]]);
    shown.refresh();
    await vi.waitFor(() => expect(shown.state).toBe('failed'));
    expect([shown.problem, shown.tasksOf('GOAL-0001').length]).toEqual(['busy', 1]);
  });

  test('says so when the client lets it read nothing, when a call was cancelled and when it was refused', async () => {
    const { host, shown, tell } = client({});
    await host.connect('b', '1');
    tell('ui/notifications/tool-cancelled', { reason: 'by its user' });
    expect([shown.state, shown.problem]).toEqual(['failed', 'The call was cancelled: by its user']);
    tell('ui/notifications/tool-result', { structuredContent: { position: 8, goal: 'GOAL-0001' } });
    expect(shown.problem).toContain('GOAL-0001');
    tell('ui/notifications/tool-result', { isError: true, content: [{ type: 'text', text: '{"message":"no such goal"}' }] });
    expect(shown.problem).toBe('no such goal');
  });

  test('answers the client, refuses what it does not know, and ignores what is not said to it', async () => {
    const { host, sent, say } = client();
    await host.connect('b', '1');
    const before = sent.length;
    say({ jsonrpc: '2.0', id: 'x1', method: 'ui/resource-teardown', params: {} });
    say({ jsonrpc: '2.0', id: 2, method: 'ping' });
    say({ jsonrpc: '2.0', id: 3, method: 'tools/list' });
    for (const noise of [undefined, 'hello', { id: 1 }, { jsonrpc: '2.0', id: 99, result: {} }, { jsonrpc: '2.0', method: 'ui/notifications/of-tomorrow' }]) say(noise);
    expect(sent.slice(before)).toEqual([
      { jsonrpc: '2.0', id: 'x1', result: {} },
      { jsonrpc: '2.0', id: 2, result: {} },
      { jsonrpc: '2.0', id: 3, error: { code: -32601, message: 'tools/list' } },
    ]);
  });
});
