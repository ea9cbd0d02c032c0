import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, loadEnv, type Plugin } from 'vite';

/** A running Goalstream, for `npm run dev` and `vite preview`. */
const target = loadEnv('', '.', 'GOALSTREAM_').GOALSTREAM_URL ?? 'http://127.0.0.1:4747';

/** A script of its own, which runs while the page's own is still on its way; never after it, since the two run in their order in the page. */
const EARLY = '/src/early.ts';
const early: Plugin = {
  name: 'early',
  buildStart() {
    if (this.environment.mode === 'build') this.emitFile({ type: 'chunk', id: EARLY.slice(1), name: 'early' });
  },
  transformIndexHtml: {
    order: 'post',
    handler(_, { bundle = {} }) {
      const built = Object.values(bundle).find((file) => file.type === 'chunk' && file.facadeModuleId?.endsWith(EARLY));
      return [{ tag: 'script', attrs: { type: 'module', src: built ? `/${built.fileName}` : EARLY }, injectTo: 'head-prepend' }];
    },
  },
};

// Everything is a file with a hashed name: no data: URIs and no inline code, so the page lives under a strict CSP.
export default defineConfig({
  plugins: [svelte(), early],
  server: { proxy: Object.fromEntries(['/api', '/events', '/health'].map((path) => [path, { target }])) },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What is needed first is one file. Left alone, whatever a later chunk uses as well becomes a file of its own: seven requests that share a slow line.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'page', tags: ['$initial'], test: (id) => !id.endsWith(EARLY) }] } } },
  },
});
