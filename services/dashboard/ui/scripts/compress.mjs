// Puts each file of the page beside itself in brotli, as small as it gets: the server has no time for that.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';

const ASSETS = new URL('../dist/assets/', import.meta.url);

for (const name of readdirSync(ASSETS)) writeFileSync(new URL(`${name}.br`, ASSETS), brotliCompressSync(readFileSync(new URL(name, ASSETS))));
