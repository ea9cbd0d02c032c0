import { beforeEach, expect, test } from 'vitest';
import { FRAMES_KEPT_MAX, Hub, type Source } from './hub';
import { Shared, WORKER_MS_MAX, type Port } from './shared';
import { streamAfter } from './stream';

class FakeSource implements Source {
  readyState = 0;
  isClosed = false;
  private listeners = new Map<string, (message: { data?: string; lastEventId?: string }) => void>();
  constructor(readonly url: string) {}
  addEventListener(type: string, listener: (message: { data?: string; lastEventId?: string }) => void) {
    this.listeners.set(type, listener);
  }
  close() {
    this.isClosed = true;
  }
  send(type: string, data?: string, position?: number) {
    if (type === 'hello') this.readyState = 1;
    this.listeners.get(type)?.({ data, lastEventId: position === undefined ? '' : String(position) });
  }
  events(...positions: number[]) {
    for (const position of positions) this.send('task_added', `#${position}`, position);
  }
}

let sources: FakeSource[];
let hub: Hub;
const open = () => sources.filter(({ isClosed }) => !isClosed);

beforeEach(() => {
  sources = [];
  hub = new Hub((url) => (sources.push(new FakeSource(url)), sources.at(-1)!));
});

function tab(after: number) {
  const heard: string[] = [];
  const leave = hub.join(after, (type, data) => heard.push(data ?? type));
  return { heard, leave };
}

test('two tabs share one connection, and the second is told what it missed', () => {
  const first = tab(10);
  expect(sources.map(({ url }) => url)).toEqual([streamAfter(10)]);
  sources[0]!.send('hello', 'hi');
  sources[0]!.events(11, 12, 13);
  const second = tab(12);
  sources[0]!.events(14);
  expect([first.heard, second.heard]).toEqual([['hi', '#11', '#12', '#13', '#14'], ['hi', '#13', '#14']]);
  expect(sources).toHaveLength(1);
});

test('how the server is, every tab is told, between what happens', () => {
  const [first, second] = [tab(10), tab(10)];
  const source = open()[0]!;
  source.send('hello', 'hi');
  source.send('server_status', 'degraded');
  source.events(11);
  expect([first.heard, second.heard].map((heard) => heard.slice(-2))).toEqual([['degraded', '#11'], ['degraded', '#11']]);
  expect(tab(10).heard).toEqual(['hi', '#11']);
  expect(open()).toHaveLength(1);
});

test('whichever tab closes, the others hear on; the last closes the connection', () => {
  const [first, second] = [tab(10), tab(10)];
  sources.at(-1)!.send('hello', 'hi');
  first.leave();
  open()[0]!.events(11);
  expect(second.heard).toContain('#11');
  expect(open()).toHaveLength(1);
  second.leave();
  expect(open()).toHaveLength(0);
});

test('a tab that has seen less than is kept has the stream begin there, and nobody misses anything', () => {
  const first = tab(100);
  sources[0]!.send('hello', 'hi');
  sources[0]!.events(101, 102);
  tab(50);
  expect(sources.map(({ url, isClosed }) => [url, isClosed])).toEqual([[streamAfter(100), true], [streamAfter(50), false]]);
  sources[1]!.events(51);
  expect(first.heard.at(-1)).toBe('#51');
});

test('only so many frames are kept; a tab from before them is not shown a gap', () => {
  tab(0);
  sources[0]!.send('hello', 'hi');
  sources[0]!.events(...Array.from({ length: FRAMES_KEPT_MAX + 10 }, (_, at) => at + 1));
  const near = tab(10);
  expect([sources.length, near.heard.length]).toEqual([1, FRAMES_KEPT_MAX + 1]);
  tab(9);
  expect(sources).toHaveLength(2);
});

test('when it fails all are told, and the next to come has it tried at once', () => {
  const first = tab(10);
  sources[0]!.send('hello', 'hi');
  sources[0]!.readyState = 0;
  sources[0]!.send('error');
  expect(first.heard.at(-1)).toBe('error');
  tab(10);
  expect(open().map(({ url }) => url)).toEqual([streamAfter(10)]);
  expect(sources).toHaveLength(2);
});

test('after a goodbye tabs leave and come back to one new connection', () => {
  const tabs = [tab(10), tab(10)];
  sources.at(-1)!.send('hello', 'hi');
  sources.at(-1)!.send('bye', '{}');
  for (const { leave } of tabs) leave();
  expect(open()).toHaveLength(0);
  tab(10);
  open()[0]!.send('hello', 'again');
  expect(tab(10).heard).toEqual(['again']);
  expect(open()).toHaveLength(1);
});

test('a worker that does not come is done without', () => {
  const [alone, asked]: [string[], unknown[]] = [[], []];
  let late = () => {};
  const port: Port = { postMessage: (message) => void asked.push(message), onmessage: null };
  const shared = new Shared(port, (url) => (alone.push(url), new FakeSource(url)), (delay_ms, then) => delay_ms === WORKER_MS_MAX && (late = then));
  const stream = shared.open('/events?after=7');
  const states: number[] = [];
  stream.addEventListener('error', () => states.push(stream.readyState));
  expect([asked, alone]).toEqual([[{ open: 1, after: 7 }], []]);
  late();
  shared.open('/events?after=7');
  expect([states, alone]).toEqual([[2], ['/events?after=7']]);
});

test('a stream that the worker was asked for before is not asked for again, unless another is wanted', () => {
  const askedOf = (url: string) => {
    const asked: unknown[] = [];
    const port: Port = { postMessage: (message) => void asked.push(message), onmessage: null };
    const heard: string[] = [];
    const shared = new Shared(port, () => new FakeSource(url), () => {}, { open: 1, after: 7 });
    shared.open(url).addEventListener('hello', ({ data = '' }) => heard.push(data));
    port.onmessage?.({ data: { open: 1, type: 'hello', data: 'hi', readyState: 1 } });
    return { asked, heard };
  };
  expect(askedOf('/events?after=7')).toEqual({ asked: [], heard: ['hi'] });
  expect(askedOf('/events?after=8')).toEqual({ asked: [{ open: 1, after: 8 }], heard: ['hi'] });
});
