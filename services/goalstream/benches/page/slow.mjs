// How soon the page is there over a slow network on a slow telephone: first paint, until a key is answered, until it is live. Each run
// begins with a cold cache.
//
//   node slow.mjs URL GOAL

import { launch, PAGE_MS_MAX, untilLive } from '../../tests/browser/support/browser.mjs';
import { slowNetwork } from './network.mjs';

const RUNS = 5;
/** As Chromium's own tools had it. */
const SLOW_3G = { bits_a_second: 400_000, roundTrip_ms: 400 };
const CPU_SLOWER = 4;
const PHONE = { viewport: { width: 412, height: 823 }, deviceScaleFactor: 1.75, isMobile: true, hasTouch: true };

const [, , url, goal] = process.argv;
const browser = await launch();
const network = await slowNetwork(url, SLOW_3G);
const found = {};
try {
  for (const [name, address] of [['/', network.url], ['a goal', `${network.url}/#/goal/${goal}`]]) {
    for (let run = 0; run < RUNS; run += 1) {
      for (const [what, ms] of Object.entries(await opened(address))) (found[`slow 3G, ${name}: ${what}`] ??= []).push(ms);
    }
  }
} finally {
  await browser.close();
  network.close();
}
console.log(JSON.stringify(found));

/** Opens the page once; times since the address was entered. */
async function opened(address) {
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  page.setDefaultTimeout(PAGE_MS_MAX);
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWER });
  await page.addInitScript(watch);
  await page.goto(address, { waitUntil: 'commit' });
  await untilLive(page);
  const times = await page.evaluate(() => ({ ...window.times, 'first paint': performance.getEntriesByName('first-contentful-paint')[0].startTime }));
  await context.close();
  return times;
}

/** In the page: when it first answers a key, which is tried whenever it has changed, and when it is live. */
function watch() {
  const times = (window.times = {});
  const look = () => {
    if (!times['a key is answered'] && answers()) times['a key is answered'] = performance.now();
    if (document.querySelector('.connection[data-connection="live"]')) times.live ??= performance.now();
  };
  const answers = () => {
    document.body?.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true }));
    const dialog = document.querySelector('dialog[open]');
    dialog?.close();
    return dialog !== null;
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true });
}
