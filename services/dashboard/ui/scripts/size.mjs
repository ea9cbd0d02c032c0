// Measures in brotli bytes what a first visit downloads, and each chunk that is loaded later; fails above the budgets.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const DIST = new URL('../dist', import.meta.url).pathname;
/** The owner's is 60 kB; each one above ours is 0.02 s later on a slow line. */
const CRITICAL_PATH_BYTES_MAX = 40_000;
const CRITICAL_CSS_BYTES_MAX = 8_000;
const LAZY_BYTES_MAX = 45_000;
const PAGE = 'index.html';
/** The board inside a chat: one file, which clients of the MCP door read as a resource. */
const APP = 'board-app.html';
const APP_BYTES_MAX = 30_000;

/** `import … from "./x.js"`, `import "./x.js"` and `export … from "./x.js"`, but not `import("./x.js")`. */
const STATIC_IMPORT = /(?:\bfrom|\bimport)\s*["'](\.{1,2}\/[^"']+)["']/g;
const LINKED = /(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g;

const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(html|js|css)$/.test(entry.name))
  .map((entry) => relative(DIST, join(entry.parentPath, entry.name)));
const critical = reachable();
const sizes = files.map((path) => {
  const bytes = readFileSync(join(DIST, path));
  return { path, when: critical.has(path) ? 'first' : path === APP ? 'chat' : 'later', raw: bytes.length, brotli: brotliCompressSync(bytes).length };
});
const sum = (end) => sizes.filter(({ path, when }) => when === 'first' && path.endsWith(end)).reduce((total, { brotli }) => total + brotli, 0);
const [total, css] = [sum(''), sum('.css')];
const app = sizes.find(({ when }) => when === 'chat')?.brotli ?? 0;
const tooLarge = sizes.filter(({ when, brotli }) => when === 'later' && brotli > LAZY_BYTES_MAX);

console.table(Object.fromEntries(sizes.map(({ path, ...size }) => [path, size])));
console.log(`critical path ${total} of ${CRITICAL_PATH_BYTES_MAX} bytes, of it CSS ${css} of ${CRITICAL_CSS_BYTES_MAX}; each later file at most ${LAZY_BYTES_MAX}; the board inside a chat ${app} of ${APP_BYTES_MAX}`);
if (!files.includes(PAGE) || sum('.js') === 0) fail('the page is not built');
if (app === 0) fail(`${APP} is not built`);
if (app > APP_BYTES_MAX) fail(`${APP} is over the budget`);
if (total > CRITICAL_PATH_BYTES_MAX || css > CRITICAL_CSS_BYTES_MAX) fail('the critical path is over the budget');
if (tooLarge.length > 0) fail(`over the budget: ${tooLarge.map(({ path }) => path).join(', ')}`);

/** The page, what it names, and what that imports before it runs. */
function reachable() {
  const found = new Set();
  const waiting = files.includes(PAGE) ? [PAGE] : [];
  for (let path = waiting.pop(); path; path = waiting.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const text = readFileSync(join(DIST, path), 'utf8');
    if (path.endsWith('.html')) waiting.push(...[...text.matchAll(LINKED)].map(([, linked]) => linked));
    if (path.endsWith('.js')) waiting.push(...[...text.matchAll(STATIC_IMPORT)].map(([, other]) => join(dirname(path), other)));
  }
  return found;
}

function fail(why) {
  console.error(why);
  process.exit(1);
}
