import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, loadEnv, type Plugin, type Rolldown } from 'vite';

/** A running Goalstream, for `npm run dev` and `vite preview`. */
const target = loadEnv('', '.', 'GOALSTREAM_').GOALSTREAM_URL ?? 'http://127.0.0.1:4747';

/** A script of its own, which runs while the page's own is still on its way; never after it, since the two run in their order in the page. */
const EARLY = '/src/early.ts';
/** What `early.ts` fetches as well where a goal is open, and what it starts. */
const GOAL = '/src/components/GoalView.svelte';
/** What comes second, also one file: every later part needs it. */
const REST = '/src/lib/rest.ts';
const WORKER = /^assets\/worker-.*\.js$/;
const early: Plugin = {
  name: 'early',
  buildStart() {
    if (this.environment.mode === 'build') this.emitFile({ type: 'chunk', id: EARLY.slice(1), name: 'early' });
  },
  transformIndexHtml: {
    order: 'post',
    handler(_, { bundle = {} }) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const fileOf = (module: string) => chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(module));
      const [script, goal] = [fileOf(EARLY), fileOf(GOAL)];
      if (script?.imports.length) throw new Error(`${EARLY} waits for ${script.imports.join(', ')}`);
      const later = chunks.filter(({ fileName, isEntry }) => !isEntry && (fileName === goal?.fileName || goal?.imports.includes(fileName)));
      const worker = Object.keys(bundle).filter((file) => WORKER.test(file));
      return [
        {
          tag: 'script',
          attrs: { type: 'module', src: `/${script?.fileName ?? EARLY.slice(1)}`, 'data-goal': later.map(({ fileName }) => `/${fileName}`).join(' ') },
          injectTo: 'head-prepend',
        },
        // A round trip later it is here as well, and starts from the cache.
        ...worker.map((file) => ({ tag: 'link', attrs: { rel: 'modulepreload', href: `/${file}` }, injectTo: 'head' as const })),
      ];
    },
  },
};

/** Whether `id` is loaded whenever `whole` is. */
function isOf(whole: string, id: string, modules: Rolldown.ChunkingContext, seen = new Set<string>()): boolean {
  if (id.endsWith(whole)) return true;
  seen.add(id);
  return (modules.getModuleInfo(id)?.importers ?? []).some((importer) => !seen.has(importer) && isOf(whole, importer, modules, seen));
}

// Everything is a file with a hashed name: no data: URIs and no inline code, so the page lives under a strict CSP.
export default defineConfig({
  plugins: [svelte(), early],
  server: { proxy: Object.fromEntries(['/api', '/events', '/health'].map((path) => [path, { target }])) },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // Svelte does not say so of itself. Whatever of it only later parts use would else be in the first file.
      treeshake: { moduleSideEffects: [{ test: /\/node_modules\/svelte\/src\/(internal\/client|reactivity)\//, sideEffects: false }] },
      // What is needed first is one file. Left alone, whatever a later chunk uses as well becomes a file of its own: seven requests that share a slow line.
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'page', tags: ['$initial'], test: (id) => !id.endsWith(EARLY) },
            { name: (id, modules) => (isOf(REST, id, modules) ? 'rest' : null) },
            { name: 'svelte', test: /\/node_modules\/svelte\// },
          ],
        },
      },
    },
  },
});
