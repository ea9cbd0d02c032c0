// Starts the worker that the tabs share before the page's own script is there. On a slow line its round trip is over by then; and a worker cannot
// start while the page is busy drawing itself for the first time.

try {
  window.earlyWorker = new SharedWorker(new URL('./lib/worker.ts', import.meta.url), { type: 'module', name: 'goalstream' });
} catch {
  // A browser without such workers: each tab has a connection of its own.
}
