// A goal as a graph, in front of the whole system: what comes after what, the critical path, the keyboard, and what others do meanwhile.
//
//   GOALSTREAM_BIN=target/debug/goalstream GOALSTREAM_CHROMIUM=/usr/bin/chromium node graph.mjs

import { openPage, violationsOf } from './support/browser.mjs';
import { check, same } from './support/checks.mjs';
import { focusOf } from './support/hands.mjs';
import { plan, play, stage } from './support/stage.mjs';

/** More tasks than are drawn. */
const MANY = 450;

const scene = await stage();
const { browser, instance, agent } = scene;
let goal, ids, page;

await play(scene, { drawn, 'critical path': criticalPath, 'no critical path': noCriticalPath, keyboard, live, zoom, accessibility, telephone, many, 'list and graph': listAndGraph });

/** Scrape, then prime, then paint, which has two parts; the scaffold is needed by all, and the party by nobody. */
async function drawn() {
  const tasks = [
    { title: 'Scrape', key: 'scrape', estimate: '4h' },
    { title: 'Prime', key: 'prime', after: ['scrape'], estimate: '2h' },
    { title: 'Order colours', key: 'order', estimate: '1h' },
    { title: 'Paint', key: 'paint', after: ['prime', 'order', 'scrape'], subtasks: [{ title: 'Rails', key: 'rails', estimate: '30m' }, { title: 'Deck', key: 'deck', estimate: '3h' }] },
    { title: 'Have a party', key: 'party', estimate: '10m' },
  ];
  ({ goal, ids } = await plan(agent, { title: 'Paint the bridge', tasks }));
  page = await openPage(browser, instance.url);
  await page.goto(`${instance.url}/#/goal/${goal}?tab=graph`);
  await page.waitForSelector('.node');
  const nodes = await nodesOf(page);
  check('every task is drawn', nodes.length === 7 && nodes.includes(`${ids.paint} pending Paint`), nodes);
  const edges = await page.locator('.stage > svg > path').evaluateAll((all) => all.map((one) => one.classList[0]).sort());
  check('what follows from the rest is not: three that come after, two that are part of', edges.join() === 'after,after,after,part,part', edges);
  const [scrape, prime, paint] = await Promise.all(['scrape', 'prime', 'paint'].map((key) => boxOf(key)));
  check('what comes later stands further on', scrape.x + scrape.width <= prime.x && prime.x + prime.width <= paint.x, { scrape, prime, paint });
}

async function criticalPath() {
  await page.waitForSelector('.node.critical');
  const wanted = (await agent('plan', { goal })).critical_path.tasks.map(({ id }) => id).sort();
  const seen = await page.locator('.node.critical').evaluateAll((all) => all.map((one) => one.dataset.id).sort());
  check('the critical path is the one that the plan says', same(seen, wanted) && wanted.includes(ids.scrape), { seen, wanted });
  check('it is said in a word, beside the mark', (await page.locator(`.node[data-id="${ids.scrape}"]`).innerText()).includes('critical'));
  const head = await page.locator('.graph-head').innerText();
  check('and how long it takes', /Critical path: \d tasks, \d+h/.test(head), head);
  check('its way is marked', (await page.locator('.stage > svg > path.critical').count()) > 0);
}

/** Of tasks that are beside each other none is critical, until one waits for another. */
async function noCriticalPath() {
  const beside = await plan(agent, { title: 'Tidy up', tasks: ['left', 'right', 'middle'].map((key) => ({ title: key, key })) });
  const other = await openPage(browser, instance.url);
  await other.goto(`${instance.url}/#/goal/${beside.goal}?tab=graph`);
  await other.getByText('No critical path: no task waits for another.').waitFor();
  check('of tasks beside each other none is critical', (await other.locator('.node').count()) === 3 && (await other.locator('.node.critical').count()) === 0);
  await agent('update', { ids: [beside.ids.middle], add: { after: [beside.ids.left] } });
  await other.waitForSelector(`.node[data-id="${beside.ids.middle}"].critical`);
  check('once one waits for another there is a path', (await other.locator('.node.critical').count()) === 2);
  await other.close();
}

/** Arrows walk along the edges, Enter opens, Escape closes and leaves the focus where it was. */
async function keyboard() {
  const stops = await page.locator('.node a[tabindex="0"]').count();
  check('Tab stops at the graph once', stops === 1, stops);
  await page.locator(`.node[data-id="${ids.scrape}"] a`).focus();
  await page.keyboard.press('ArrowRight');
  check('an arrow leads to what comes after', (await focusOf(page)) === ids.prime, await focusOf(page));
  await page.keyboard.press('ArrowRight');
  check('and on', (await focusOf(page)) === ids.paint, await focusOf(page));
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  check('the other leads back', (await focusOf(page)) === ids.scrape, await focusOf(page));
  await page.keyboard.press('Enter');
  await page.waitForSelector('.graph-task');
  check('Enter opens the task', page.url().includes(ids.scrape) && (await page.locator('.graph-task').innerText()).includes('Estimate'), page.url());
  await page.keyboard.press('Escape');
  await page.waitForSelector('.graph-task', { state: 'detached' });
  check('Escape closes it, and the focus is where it was', (await focusOf(page)) === ids.scrape, await focusOf(page));
}

/** What others do is seen at once, and moves nothing. */
async function live() {
  const before = await boxOf('paint');
  const { fence } = await agent('claim', { id: ids.order });
  await agent('complete', { id: ids.order, fence });
  await page.waitForSelector(`.node[data-id="${ids.order}"][data-state="completed"]`);
  check('a completed task says so', (await page.locator(`.node[data-id="${ids.order}"]`).innerText()).includes('completed'));
  check('nothing has moved', same(await boxOf('paint'), before), [before, await boxOf('paint')]);
  const { ids: more } = await agent('add_tasks', { parent: goal, tasks: [{ title: 'Varnish', key: 'varnish', after: [ids.paint], estimate: '8h' }] });
  await page.waitForSelector(`.node[data-id="${more.varnish}"].critical`);
  check('a new task is drawn, and the critical path leads to it', true);
}

async function zoom() {
  const percent = async () => Number((await page.locator('.zoom .button').nth(1).innerText()).replace('%', ''));
  const before = await percent();
  await page.getByRole('button', { name: 'Larger' }).click();
  check('it can be made larger', (await percent()) > before, [before, await percent()]);
  await page.locator('.node a').first().focus();
  await page.keyboard.press('0');
  const fits = await page.locator('.canvas').evaluate((one) => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight);
  check('0 fits it in', fits, await percent());
}

async function accessibility() {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const violations = await violationsOf(page);
    check(`nothing to object to when it is ${colorScheme}`, violations.length === 0, violations);
  }
}

async function telephone() {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.waitForFunction(([from, to]) => {
    const [one, other] = [from, to].map((id) => document.querySelector(`.node[data-id="${id}"]`).getBoundingClientRect());
    return one.bottom <= other.top;
  }, [ids.scrape, ids.prime]);
  check('where it is narrow, what comes later stands below', true);
  const wide = await page.evaluate(() => [...document.querySelectorAll('.goal-view *')].filter((one) => !one.closest('.canvas') && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 120)));
  check('nothing is wider than a telephone', wide.length === 0, wide);
  await page.locator(`.node[data-id="${ids.scrape}"] a`).focus();
  await page.keyboard.press('ArrowDown');
  check('the arrows have turned with it', (await focusOf(page)) === ids.prime, await focusOf(page));
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** A large goal does not make the page wait, and says what it leaves out. */
async function many() {
  const tasks = Array.from({ length: MANY }, (_, at) => ({ title: `Step ${at}`, key: `s${at}`, ...(at >= 10 && { after: [`s${at - 10}`] }) }));
  const large = await plan(agent, { title: 'A large one', tasks });
  const begun_ms = Date.now();
  await page.goto(`${instance.url}/#/goal/${large.goal}?tab=graph`);
  await page.waitForSelector('.left-out');
  console.log(`        ${MANY} tasks were there after ${Date.now() - begun_ms} ms`);
  const text = await page.locator('.left-out').innerText();
  check('it says how many are drawn', text.startsWith(`400 of ${MANY}`) && (await page.locator('.node').count()) === 400, text);
}

async function listAndGraph() {
  await page.goto(`${instance.url}/#/goal/${goal}`);
  await page.waitForSelector('.task-list .task');
  await page.locator('.tabs').getByText('Graph').click();
  await page.waitForSelector('.node');
  check('one click leads from the list to the graph', page.url().includes('tab=graph'), page.url());
  await page.locator('.tabs a').first().click();
  await page.waitForSelector('.task-list .task');
  check('and one back', !page.url().includes('tab='), page.url());
  check('no error and no refused content', page.problems.length === 0, page.problems);
}

/** The tasks in the graph as `id status title`. */
function nodesOf(where) {
  return where.locator('.node').evaluateAll((all) => all.map((one) => `${one.dataset.id} ${one.dataset.state} ${one.querySelector('.task-title').textContent}`));
}

function boxOf(key) {
  return page.locator(`.node[data-id="${ids[key]}"]`).boundingBox();
}
