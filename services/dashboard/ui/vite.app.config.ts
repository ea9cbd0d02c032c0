// Builds the board inside a chat: one file that asks for no other, because the client that shows it serves it nothing.

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const SYMBOLS = /<svg class="symbols"[\s\S]*?<\/svg>\n/;

/** What a browser would take for the end of the script that it stands in, or for a comment around that end. */
const MARKUP = /<(?=\/?script|!--)/gi;

/** Puts the page's own symbols in, and each script and style sheet in the place of what names it. */
function oneFile(): Plugin {
  return {
    name: 'one-file',
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const page = bundle['board-app.html'];
      if (page?.type !== 'asset') throw new Error('there is no board-app.html');
      const take = (file = '') => {
        const taken = bundle[file];
        if (!taken) throw new Error(`board-app.html names ${file}, which was not built`);
        delete bundle[file];
        return String(taken.type === 'chunk' ? taken.code : taken.source);
      };
      const [symbols] = SYMBOLS.exec(await this.fs.readFile('index.html', { encoding: 'utf8' })) ?? [];
      if (!symbols) throw new Error('index.html has no symbols');
      page.source = String(page.source)
        .replace('<!--symbols-->', () => symbols)
        .replace(/<script type="module"[^>]*src="\/([^"]+)"[^>]*><\/script>/g, (_, file) => `<script type="module">${take(file).replace(MARKUP, '\\x3C')}</script>`)
        .replace(/<link rel="stylesheet"[^>]*href="\/([^"]+)"[^>]*>/g, (_, file) => `<style>${take(file)}</style>`);
      const left = Object.keys(bundle).filter((file) => file !== 'board-app.html');
      if (left.length > 0) throw new Error(`these are not in the one file: ${left.join(', ')}`);
    },
  };
}

export default defineConfig({
  plugins: [svelte(), oneFile()],
  build: {
    target: 'es2022',
    // Those that know light-dark(), which clients use themselves. What stands in for it elsewhere follows the system, not the client around us.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Beside the page, which is built before.
    emptyOutDir: false,
    modulePreload: false,
    rolldownOptions: { input: 'board-app.html' },
  },
});
