// What need not wait for the page's own script, which is on its way for a second on a slow line. A worker cannot start while the page is busy
// drawing itself for the first time, and its stream and what is read of a goal take a round trip each. Nothing is imported but types and constants.

import type { Snapshot } from './lib/api';
import { HISTORY_EVENTS } from './lib/history';
import type { Asked } from './lib/hub';

declare global {
  interface Window {
    early?: Early;
  }
}

/** What has begun, for those who would begin it otherwise. */
export interface Early {
  /** The one the server put into the page, if it did. */
  snapshot?: Snapshot;
  /** In browsers that have such workers. */
  worker?: SharedWorker;
  /** The stream it was asked for, as the first; until then the timer after which it will be. */
  asked?: Asked;
  asking?: ReturnType<typeof setTimeout>;
  /** Answers on their way, by their address. Without one, there was none. */
  reads: Map<string, Promise<Response | undefined>>;
}

/** What comes while the page's own script is still on its way would hold that up on a slow line. So the stream is asked so much later: its first word
 * is to be there just before the script is, and all that has happened behind it. The goal's scripts come after that word. */
const [STREAM_LATER_MS, SCRIPTS_LATER_MS] = [100, 250];

const early: Early = (window.early = { snapshot: embedded(), reads: new Map() });
/** The goal that the address names, as it is now. */
const [, goal] = /^#\/goal\/(GOAL-\d+)(?=$|[/?])(?!.*[?&]at=)/.exec(location.hash) ?? [];
if (goal) read(`/api/v1/goals/${goal}`);
if (goal) setTimeout(preload, SCRIPTS_LATER_MS);
try {
  listen(new SharedWorker(new URL('./lib/worker.ts', import.meta.url), { type: 'module', name: 'goalstream' }));
} catch {
  // A browser without such workers: each tab has a connection of its own.
}

function embedded(): Snapshot | undefined {
  const text = document.getElementById('snapshot')?.textContent;
  return text ? (JSON.parse(text) as Snapshot) : undefined;
}

function read(path: string): void {
  early.reads.set(path, fetch(path, { headers: { accept: 'application/json' } }).catch(() => undefined));
}

function listen(worker: SharedWorker): void {
  early.worker = worker;
  const { snapshot } = early;
  if (!snapshot) return;
  const asked = { open: 1, after: Math.max(snapshot.position - HISTORY_EVENTS, 0) };
  early.asking = setTimeout(() => worker.port.postMessage((early.asked = asked)), STREAM_LATER_MS);
}

/** The scripts of an open goal, as the build has named them. */
function preload(): void {
  const scripts = document.querySelector<HTMLElement>('[data-goal]')?.dataset.goal?.split(' ') ?? [];
  for (const href of scripts) document.head.append(Object.assign(document.createElement('link'), { rel: 'modulepreload', href }));
}
