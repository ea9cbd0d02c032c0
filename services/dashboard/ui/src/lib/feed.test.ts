import { describe, expect, test } from 'vitest';
import type { Snapshot } from './api';
import type { FeedEvent } from './events';
import { Feed, OFFLINE_AFTER_MS, RESYNC_PAUSE_MS, RETRY_FIRST_MS, RETRY_MAX_MS, type Connection, type Stream } from './feed';
import { HISTORY_EVENTS } from './history';
import { streamAfter } from './stream';

class FakeStream implements Stream {
  readyState = 1;
  private listeners = new Map<string, (message: { data?: string }) => void>();

  constructor(readonly url: string) {}

  addEventListener(type: string, listener: (message: { data?: string }) => void) {
    this.listeners.set(type, listener);
  }
  send(type: string, data?: unknown) {
    this.listeners.get(type)?.({ data: data === undefined ? undefined : JSON.stringify(data) });
  }
  sendEvent(position: number) {
    this.send('task_started', { type: 'task_started', data: {}, meta: { position } });
  }
  fail(readyState: 0 | 2) {
    this.readyState = readyState;
    this.send('error');
  }
  close() {
    this.readyState = 2;
  }
}

/** A feed among fakes: time passes only when it is told to, chance is always 0. */
function feedAmongFakes() {
  const streams: FakeStream[] = [];
  const positions: number[] = [];
  const begun: { position: number; fresh: boolean }[] = [];
  const states: Connection[] = [];
  const timers: { at_ms: number; then: () => void; off?: boolean }[] = [];
  let now_ms = 0;
  let server: Snapshot | Error = { position: 100, epoch: 'one', goals: [] };
  let reads = 0;
  let serverChanges = 0;
  const feed = new Feed(
    {
      open: (url) => {
        streams.push(new FakeStream(url));
        return last();
      },
      snapshot: async () => {
        reads++;
        if (server instanceof Error) throw server;
        return server;
      },
      wait: (delay_ms, then) => {
        const timer: (typeof timers)[number] = { at_ms: now_ms + delay_ms, then };
        timers.push(timer);
        return () => (timer.off = true);
      },
      chance: () => 0,
    },
    {
      begin: ({ position }, fresh) => begun.push({ position, fresh }),
      event: (event: FeedEvent) => positions.push(event.meta.position),
      connected: (state) => states.push(state),
      serversChanged: () => void (serverChanges += 1),
    },
  );
  const last = () => streams[streams.length - 1]!;
  const settle = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return {
    feed,
    streams,
    positions,
    begun,
    states,
    last,
    settle,
    reads: () => reads,
    serverChanges: () => serverChanges,
    answer: (next: Snapshot | Error) => (server = next),
    async pass(delay_ms: number) {
      now_ms += delay_ms;
      for (const timer of timers.splice(0)) {
        if (timer.off) continue;
        if (timer.at_ms <= now_ms) timer.then();
        else timers.push(timer);
      }
      await settle();
    },
    /** Started from a snapshot at 100, connected, and with the history told. */
    live() {
      feed.start({ position: 100, epoch: 'one', goals: [] });
      last().send('hello', { epoch: 'one', position: 100 });
      for (let position = 100 - HISTORY_EVENTS + 1; position <= 100; position++) last().sendEvent(position);
      positions.length = 0;
    },
  };
}

describe('starting', () => {
  test('opens the stream a little before the snapshot of the page, without reading it again', () => {
    const at = feedAmongFakes();
    at.feed.start({ position: 100, epoch: 'one', goals: [] });
    expect(at.last().url).toBe(streamAfter(100 - HISTORY_EVENTS));
    expect(at.reads()).toBe(0);
    at.last().send('hello', { epoch: 'one', position: 100 });
    expect(at.states).toEqual(['live']);
  });

  test('reads a snapshot when the page has none, and again after a pause when that fails', async () => {
    const at = feedAmongFakes();
    at.answer(new Error('503'));
    at.feed.start();
    await at.settle();
    expect(at.streams).toHaveLength(0);
    at.answer({ position: 7, epoch: 'one', goals: [] });
    await at.pass(RETRY_FIRST_MS);
    expect(at.reads()).toBe(2);
    expect(at.last().url).toBe(streamAfter(0));
  });
});

describe('events', () => {
  test('what is told of the servers comes by the same stream and is no position', () => {
    const at = feedAmongFakes();
    at.feed.start({ position: 100, epoch: 'one', goals: [] });
    expect(at.last().url).toContain('also=server_status');
    at.last().send('hello', { epoch: 'one', position: 100 });
    at.last().send('server_status', { type: 'server_status', data: { status: 'degraded', checks: [] } });
    expect([at.serverChanges(), at.positions, at.streams.length]).toEqual([1, [], 1]);
  });

  test('come in order and each once, also when frames are repeated after a reconnect', () => {
    const at = feedAmongFakes();
    at.live();
    for (const position of [101, 102]) at.last().sendEvent(position);
    at.last().fail(0);
    at.last().send('hello', { epoch: 'one', position: 102 });
    for (const position of [101, 102, 103]) at.last().sendEvent(position);
    expect(at.positions).toEqual([101, 102, 103]);
    expect(at.reads()).toBe(0);
  });

  test('a hole is mended by a new snapshot', async () => {
    const at = feedAmongFakes();
    at.live();
    at.last().sendEvent(101);
    at.answer({ position: 103, epoch: 'one', goals: [] });
    at.last().sendEvent(103);
    await at.settle();
    expect(at.reads()).toBe(1);
    expect(at.begun.at(-1)).toEqual({ position: 103, fresh: false });
    expect(at.last().url).toBe(streamAfter(103));
  });

  test('a stream that was given up is not heard any more', async () => {
    const at = feedAmongFakes();
    at.live();
    const old = at.last();
    old.send('bye', { retry_ms: 200 });
    old.sendEvent(101);
    await at.pass(200);
    old.sendEvent(101);
    expect(at.positions).toEqual([]);
    at.last().sendEvent(101);
    expect(at.positions).toEqual([101]);
  });
});

describe('reset and epoch', () => {
  test('reset reads the snapshot and goes on from it', async () => {
    const at = feedAmongFakes();
    at.live();
    at.answer({ position: 5000, epoch: 'one', goals: [] });
    at.last().send('reset');
    await at.settle();
    expect(at.begun.at(-1)).toEqual({ position: 5000, fresh: false });
    expect(at.last().url).toBe(streamAfter(5000 - HISTORY_EVENTS));
  });

  test('a snapshot from before the last event never moves the feed back', async () => {
    const at = feedAmongFakes();
    at.live();
    at.last().sendEvent(101);
    at.last().send('reset');
    await at.settle();
    expect(at.last().url).toBe(streamAfter(101));
  });

  test('another epoch clears what is shown and begins in the other log', async () => {
    const at = feedAmongFakes();
    at.live();
    at.answer({ position: 3, epoch: 'two', goals: [] });
    at.last().send('hello', { epoch: 'two', position: 3 });
    await at.settle();
    expect(at.begun.at(-1)).toEqual({ position: 3, fresh: true });
    expect(at.last().url).toBe(streamAfter(0));
    at.last().send('hello', { epoch: 'two', position: 3 });
    at.last().sendEvent(1);
    expect(at.positions).toEqual([1]);
  });

  test('a log that ends before what was seen clears what is shown and is begun anew', async () => {
    const at = feedAmongFakes();
    at.live();
    at.answer({ position: 60, epoch: 'one', goals: [] });
    at.last().send('reset', { epoch: 'one', position: 60, head: 60 });
    await at.settle();
    expect(at.begun.at(-1)).toEqual({ position: 60, fresh: true });
    expect(at.last().url).toBe(streamAfter(10));
    at.last().send('hello', { epoch: 'one', position: 10 });
    at.last().sendEvent(11);
    expect(at.positions).toEqual([11]);
  });

  test('a server that resets again and again is asked no more than once a pause', async () => {
    const at = feedAmongFakes();
    at.live();
    for (let turn = 0; turn < 5; turn++) {
      at.last().send('reset');
      await at.settle();
    }
    expect(at.reads()).toBe(1);
    await at.pass(RESYNC_PAUSE_MS);
    expect(at.reads()).toBe(2);
  });
});

describe('the connection', () => {
  test('is reconnecting while the browser tries, offline after a while, live with the next hello', async () => {
    const at = feedAmongFakes();
    at.live();
    at.last().fail(0);
    await at.pass(OFFLINE_AFTER_MS);
    at.last().send('hello', { epoch: 'one', position: 100 });
    expect(at.states).toEqual(['live', 'reconnecting', 'offline', 'live']);
    expect(at.streams).toHaveLength(1);
  });

  test('is opened anew from the last position, with growing pauses, once the browser has given up', async () => {
    const at = feedAmongFakes();
    at.live();
    at.last().sendEvent(101);
    at.last().fail(2);
    await at.pass(RETRY_FIRST_MS);
    expect(at.last().url).toBe(streamAfter(101));
    at.last().fail(2);
    await at.pass(RETRY_FIRST_MS);
    expect(at.streams).toHaveLength(2);
    await at.pass(RETRY_FIRST_MS);
    expect(at.streams).toHaveLength(3);
    for (let turn = 0; turn < 10; turn++) {
      at.last().fail(2);
      await at.pass(RETRY_MAX_MS);
    }
    expect(at.streams).toHaveLength(13);
  });

  test('bye closes, waits as long as the server asked for and opens again', async () => {
    const at = feedAmongFakes();
    at.live();
    at.last().send('bye', { retry_ms: 700 });
    expect(at.last().readyState).toBe(2);
    await at.pass(699);
    expect(at.streams).toHaveLength(1);
    await at.pass(1);
    expect(at.last().url).toBe(streamAfter(100));
  });

  test('a nudge opens at once, and does nothing while live', async () => {
    const at = feedAmongFakes();
    at.live();
    at.feed.nudge();
    expect(at.streams).toHaveLength(1);
    at.feed.lost();
    expect(at.states.at(-1)).toBe('offline');
    at.feed.nudge();
    expect(at.streams).toHaveLength(2);
  });

  test('an idle live page waits for nothing and reads nothing', async () => {
    const at = feedAmongFakes();
    at.live();
    for (let minute = 0; minute < 60; minute++) await at.pass(60_000);
    expect([at.reads(), at.streams.length]).toEqual([0, 1]);
    expect(at.states).toEqual(['live']);
  });
});
