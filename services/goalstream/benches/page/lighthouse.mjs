// What Lighthouse says of the page, as a telephone would have it: its own throttling, a cold cache, five runs a page.
//
//   node lighthouse.mjs URL GOAL

import lighthouse from 'lighthouse';
import { launch } from '../../tests/browser/support/browser.mjs';
import { freePort } from '../../tests/browser/support/instance.mjs';

const RUNS = 5;
const CATEGORIES = ['performance', 'accessibility'];

const [, , url, goal] = process.argv;
const found = {};
for (const [name, address] of [['/', url], ['a goal', `${url}/#/goal/${goal}`]]) {
  const runs = [];
  while (runs.length < RUNS) runs.push(await judged(address));
  for (const category of CATEGORIES) found[`lighthouse, ${name}: ${category}`] = runs.map(({ categories }) => 100 * categories[category].score);
  for (const line of objections(runs)) console.error(`${name}: ${line}`);
}
console.log(JSON.stringify(found));

/** One run in a browser of its own. */
async function judged(address) {
  const port = await freePort();
  const browser = await launch(`--remote-debugging-port=${port}`);
  try {
    const { lhr } = await lighthouse(address, { port, onlyCategories: CATEGORIES, logLevel: 'error' });
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    return lhr;
  } finally {
    await browser.close();
  }
}

/** What counts and is not perfect in the last run, the worst first. */
function objections(runs) {
  const { audits, categories } = runs.at(-1);
  const counted = CATEGORIES.flatMap((category) => categories[category].auditRefs).filter(({ weight }) => weight > 0);
  const imperfect = counted.map(({ id }) => audits[id]).filter(({ score }) => score !== null && score < 1);
  return imperfect.toSorted((one, another) => one.score - another.score).map(({ id, score, displayValue = '' }) => `${id} ${score} ${displayValue}`);
}
