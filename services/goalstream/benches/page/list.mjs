// What the list of all tasks costs in a browser: until rows show and until all are there, a frame of scrolling, a filter, memory.
//
//   node list.mjs URL TASKS

import { readFile } from 'node:fs/promises';
import { launch, openPage } from '../../tests/browser/support/browser.mjs';
import { filtered, meterOf, percentile, scrolled, untilAllRead } from '../../tests/browser/support/table.mjs';

const [, , url, tasks] = process.argv;
const browser = await launch();
try {
  const page = await openPage(browser, url);
  const opened_ms = performance.now();
  await page.goto(`${url}/#/list`);
  await page.waitForSelector('.body .row');
  const rows_ms = performance.now() - opened_ms;
  await untilAllRead(page, Number(tasks));
  const all_ms = performance.now() - opened_ms;
  const meter = await meterOf(page);
  const [heap_mb, tab_mb] = [await meter.heap_mb(), await tabMb()];
  const frames_ms = await scrolled(page, meter);
  const { waits_ms, works_ms } = await filtered(page, meter);
  const found = { 'first rows': [rows_ms], 'all rows': [all_ms], 'a frame of scrolling': frames_ms, 'a frame of scrolling, p95': [percentile(frames_ms, 95)], 'a filter, main thread': works_ms, 'a filter, by the clock': waits_ms, 'memory of scripts': [heap_mb], 'memory of the tab': [tab_mb] };
  console.log(JSON.stringify(Object.fromEntries(Object.entries(found).map(([what, values]) => [`list: ${what}`, values]))));
} finally {
  await browser.close();
}

/** Memory of its own that the page's process has in use; of the browser's processes of that kind it is the largest. */
async function tabMb() {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => readFile(`/proc/${id}/status`, 'utf8'));
  return Math.max(...(await Promise.all(sizes)).map((status) => (Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1]) * 1024) / 1e6));
}
