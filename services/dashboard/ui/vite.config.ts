import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, loadEnv } from 'vite';

/** A running Goalstream, for `npm run dev` and `vite preview`. */
const target = loadEnv('', '.', 'GOALSTREAM_').GOALSTREAM_URL ?? 'http://127.0.0.1:4747';

// Everything is a file with a hashed name: no data: URIs and no inline code, so the page lives under a strict CSP.
export default defineConfig({
  plugins: [svelte()],
  server: { proxy: Object.fromEntries(['/api', '/events', '/health'].map((path) => [path, { target }])) },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
