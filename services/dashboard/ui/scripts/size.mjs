// Measures what a first visit downloads, in brotli bytes, and fails above the budget.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const DIST = new URL('../dist', import.meta.url).pathname;
const CRITICAL_PATH_BYTES_MAX = 40_000;
const CSS_BYTES_MAX = 8_000;

const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const sizes = files.map((path) => {
  const bytes = readFileSync(path);
  return { path: path.slice(DIST.length + 1), raw: bytes.length, brotli: brotliCompressSync(bytes).length };
});
const sum = (end) => sizes.filter(({ path }) => path.endsWith(end)).reduce((total, { brotli }) => total + brotli, 0);

console.table(Object.fromEntries(sizes.map(({ path, raw, brotli }) => [path, { raw, brotli }])));
const total = sum('.html') + sum('.css') + sum('.js');
console.log(`critical path ${total} of ${CRITICAL_PATH_BYTES_MAX} bytes, of it CSS ${sum('.css')} of ${CSS_BYTES_MAX}`);
if (sum('.html') === 0 || sum('.js') === 0) {
  console.error('the page is not built');
  process.exit(1);
}
if (total > CRITICAL_PATH_BYTES_MAX || sum('.css') > CSS_BYTES_MAX) {
  console.error('over the budget');
  process.exit(1);
}
