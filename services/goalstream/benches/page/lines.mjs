// All tasks as lines, as a program reads them: until the first byte, until the last, and how many came over the line.
//
//   node lines.mjs URL TASKS

import { get } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

const RUNS = 3;
/** How what comes is made plain again. */
const ENCODINGS = { identity: (bytes) => bytes, gzip: gunzipSync, br: brotliDecompressSync };

const [, , url, tasks] = process.argv;
const found = {};
for (let run = 0; run < RUNS; run += 1) {
  for (const [encoding, decode] of Object.entries(ENCODINGS)) {
    const { bytes, ...values } = await read(encoding);
    const lines = decode(bytes).toString().split('\n');
    const { end, count } = JSON.parse(lines.at(-2));
    if (!end || count !== Number(tasks) || lines.length !== count + 3) throw new Error(`${encoding}: ${count} of ${tasks} tasks came`);
    for (const [what, value] of Object.entries({ ...values, size: bytes.length / 1e6 })) (found[`all tasks as lines, ${encoding}: ${what}`] ??= []).push(value);
  }
}
console.log(JSON.stringify(found));

function read(encoding) {
  const asked_ms = performance.now();
  const headers = { accept: 'application/x-ndjson', 'accept-encoding': encoding };
  return new Promise((resolve, reject) => {
    get(`${url}/api/v1/tasks`, { headers }, (answer) => {
      const [parts, times] = [[], {}];
      if ((answer.headers['content-encoding'] ?? 'identity') !== encoding) reject(new Error(`${answer.statusCode}, not as ${encoding}`));
      answer.on('data', (part) => ((times['first byte'] ??= performance.now() - asked_ms), parts.push(part)));
      answer.on('end', () => resolve({ bytes: Buffer.concat(parts), ...times, 'last byte': performance.now() - asked_ms }));
      answer.on('error', reject);
    }).on('error', reject);
  });
}
