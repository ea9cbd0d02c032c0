// The views of what goes on and what went on, in a real browser: each shows what the server says, follows the feed, and asks for nothing when nothing happens.
//
//   GOALSTREAM_BIN=target/debug/goalstream GOALSTREAM_CHROMIUM=/usr/bin/chromium node views.mjs

import { setTimeout as after } from 'node:timers/promises';
import { openPage, untilQuiet, wordsOf } from './support/browser.mjs';
import { check } from './support/checks.mjs';
import { judge } from './support/judging.mjs';
import { plan, play, stage } from './support/stage.mjs';

const FOLLOWED_MS_MAX = 10_000;
const IDLE_MS = 60_000;
/** A burst of events is so long; a view may read once in a pause meanwhile. */
const [BURST, PAUSE_MS] = [20, 1_000];
/** The view, and what is there once it has been read. */
const VIEWS = [
  ['now', '.numbers dd'],
  ['timeline', '.bar-of'],
  ['feed', '.feed article'],
  ['charts', '.plot canvas'],
  ['events', '.record-row'],
  ['agents', '.agents tbody tr'],
  ['servers', '.server'],
  ['connect', '.way'],
];

const scene = await stage();
const { browser, instance, agent, read } = scene;
let goal, tasks;

/** Every view, by day and by night, on a desk and on a telephone. */
const views = Object.fromEntries(VIEWS.map(([name, there]) => [`view ${name}`, () => judge(browser, name, `${instance.url}/#/${name}`, there)]));
const signing = Object.fromEntries(['Jürgen', '田中 さくら'].map((name) => [`signed ${name}`, () => signed(name)]));
await play(scene, { story, ...views, idle, now, timeline, feed, agents, charts, servers, connect, ...signing, burst });

/** One task is done, one is claimed for five minutes, one is blocked, one waits. */
async function story() {
  ({ goal, tasks } = await plan(agent, {
    title: 'Paint the bridge',
    tasks: [{ key: 'scrape', title: 'Scrape' }, { key: 'prime', title: 'Prime' }, { key: 'rail', title: 'Mend the rail' }, { title: 'Paint', after: ['prime'] }],
  }));
  const { fence } = await agent('claim', { id: tasks[0] });
  await agent('complete', { id: tasks[0], fence, result: 'Bare metal.' });
  await agent('claim', { id: tasks[1], ttl: 240 });
  await agent('update', { ids: [tasks[2]], set: { status: 'blocked' }, why: 'No rail is left.' });
  await agent('get', { ids: tasks });
  check('the story is told', tasks.length === 4, tasks);
}

/** All views at once, each in a browser of its own: what they were told is all they get, and it comes by the stream. */
async function idle() {
  const pages = [];
  for (const name of ['goals', 'board', 'list', ...VIEWS.map(([name]) => name)]) pages.push([name, await openPage(browser, `${instance.url}/#/${name}`)]);
  for (const [, page] of pages) await untilQuiet(page);
  for (const [, page] of pages) page.requests.length = 0;
  await after(IDLE_MS);
  for (const [name, page] of pages) {
    check(`${name}: nothing is asked for in ${IDLE_MS / 1000} idle seconds`, page.requests.length === 0, page.requests);
    await page.context().close();
  }
}

async function now() {
  const page = await openPage(browser, `${instance.url}/#/now`);
  // Each tile is read by itself.
  await Promise.all(['.tile-rows .left', '[aria-labelledby="stuck"] li a'].map((read) => page.waitForSelector(read)));
  const told = (await page.locator('.tiles').innerText()).replace(/\s+/g, ' ');
  check('it says what is blocked and why', told.includes('Mend the rail') && told.includes('No rail is left.'), told);
  check('and what waits for what', told.includes(`waits for ${tasks[1]}`), told);
  check('and which claim ends soon, counting down', /Prime ends in [0-4]:\d\d/.test(told), told);
  check('and who is at work', told.includes('browser-test'), told);
  const counted = () => page.locator('.numbers div:has(dt:text("events")) dd').innerText();
  const before = Number(await counted());
  await agent('update', { ids: [tasks[3]], set: { priority: 'high' } });
  await page.waitForFunction((old) => Number(document.querySelector('.numbers dd').textContent) > old, before, { timeout: FOLLOWED_MS_MAX });
  check('a new event is counted by itself', true);
  const rail = page.locator('[aria-labelledby="stuck"] li:has-text("Mend the rail")');
  await rail.locator('a').focus();
  await agent('update', { ids: [tasks[2]], set: { status: 'pending' } });
  await page.waitForSelector('.tile .pill:has-text("1 update")', { timeout: FOLLOWED_MS_MAX });
  check('under the focus rows stand still, and it is said that something waits', await rail.isVisible());
  await page.locator('.tile .pill').click();
  await rail.waitFor({ state: 'detached' });
  await agent('update', { ids: [tasks[2]], set: { status: 'blocked' }, why: 'No rail is left.' });
  await page.context().close();
}

async function timeline() {
  const page = await openPage(browser, `${instance.url}/#/board`);
  await page.waitForSelector('.card');
  await page.evaluate(() => (location.hash = '#/timeline?span=1h'));
  await page.waitForSelector('.bar-of');
  const places = await page.evaluate(() => ['.axis .mark', '.lanes .grid:not(.present)'].map((one) => document.querySelector(one).getBoundingClientRect().left));
  check('a time is at the same place above as among the bars, whatever was looked at before', Math.abs(places[0] - places[1]) < 1, places);
  const said = await page.locator('.bar-of').evaluateAll((bars) => bars.map((bar) => bar.getAttribute('aria-label')));
  check('each claim is a bar that says how it ended', said.some((one) => /browser-test: Scrape, completed/.test(one)) && said.some((one) => /browser-test: Prime, at work/.test(one)), said);
  await page.locator('.bar-of').first().focus();
  const first = await page.locator('.timeline-detail').innerText();
  await page.keyboard.press('ArrowRight');
  const second = await page.locator('.timeline-detail').innerText();
  check('the arrows walk along the bars', first !== second && /fence \d/.test(second), [first, second]);
  await page.getByRole('button', { name: 'Earlier' }).click();
  await page.getByRole('button', { name: 'Earlier' }).click();
  await page.getByRole('button', { name: 'Earlier' }).click();
  await page.waitForSelector('.lanes .note');
  check('one can look further back, and the URL says where', page.url().includes('to='), page.url());
  await page.context().close();
}

async function feed() {
  const page = await openPage(browser, `${instance.url}/#/feed`);
  await page.waitForSelector('.feed article');
  await page.keyboard.press('.');
  const { position } = await agent('comment', { id: tasks[3], body: 'Two coats.' });
  await page.waitForSelector('.pill:has-text("1 new")');
  check('paused, what is new waits', !(await wordsOf(page.locator('.feed'))).includes('Two coats.'));
  await page.keyboard.press('.');
  await page.waitForSelector('.feed article:has-text("Two coats.")');
  const told = await wordsOf(page.locator('.feed article:has-text("Two coats.")'));
  check('and comes when it goes on', told.includes(`#${position}`), told);
  await page.locator('.filters select').selectOption('said');
  await page.waitForFunction(() => document.querySelectorAll('.feed article').length === 1);
  check('a kind is a filter, and stands in the URL', page.url().includes('kind=said'), page.url());
  await page.setViewportSize({ width: 360, height: 740 });
  const [wanted, room] = await page.locator('.feed-view .filters input').evaluate(roomOf);
  check('on a telephone the filter says what it filters', room >= wanted, [wanted, room]);
  await page.context().close();
}

/** How wide what stands in an empty field is, and how wide the field is for it. */
function roomOf(field) {
  const [style, pen] = [getComputedStyle(field), document.createElement('canvas').getContext('2d')];
  pen.font = style.font;
  return [pen.measureText(field.placeholder).width, field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)];
}

async function agents() {
  const page = await openPage(browser, `${instance.url}/#/agents`);
  const row = page.locator('.agents tbody tr:has-text("browser-test")');
  await row.waitFor();
  const told = (await row.innerText()).replace(/\s+/g, ' ');
  check('an agent stands there with what it holds', told.includes('at work') && told.includes('Prime') && told.includes(tasks[1]), told);
  await page.context().close();
}

async function charts() {
  const page = await openPage(browser, `${instance.url}/#/charts?span=1h`);
  await page.waitForSelector('.plot canvas');
  await page.locator('summary').first().click();
  const rows = await page.locator('.chart').first().locator('tbody tr').allInnerTexts();
  check('burn-up is there as a table, too', /\b4\s+1$/.test(rows.at(-1) ?? ''), rows);
  await page.context().close();
}

/** How the servers are comes with everything else, by the one connection that the tabs of a browser share. */
async function servers() {
  const page = await openPage(browser, `${instance.url}/#/servers`);
  await page.waitForSelector('.server');
  await untilQuiet(page);
  check('the servers have no stream of their own', !page.requests.some((url) => url.includes('/events?')), page.requests);
  await page.evaluate(() => (globalThis.loadedOnce = true));
  const bus = (tone) => page.waitForSelector(`.server[data-tone="${tone}"]:has(h2:text-is("bus"))`);
  await bus('completed');
  await instance.signalNats('SIGSTOP');
  const said = await bus('failed').then((tile) => tile.innerText()).finally(() => instance.signalNats('SIGCONT'));
  check('a server that is gone is shown by itself', said.includes('NATS cannot be reached'), said);
  await bus('completed');
  check('and that it is back, without a reload', await page.evaluate(() => globalThis.loadedOnce));
  await page.context().close();
}

async function connect() {
  const page = await openPage(browser, `${instance.url}/#/connect`);
  const all = await page.locator('.way pre').allInnerTexts();
  check('what is to be pasted has our address', all[0] === `claude mcp add --transport http goalstream ${instance.url}/mcp`, all[0]);
  await page.waitForSelector('.way:has-text("NATS")');
  const { settings } = await read('/api/v1/config');
  const nats = await page.locator('.way:has-text("NATS") pre').innerText();
  check('and the subjects that the server has', nats === `nats sub '${settings.subjects}'`, nats);
  await page.context().close();
}

/** Whoever acts is in the log under the name they gave, in any script. */
async function signed(name) {
  const page = await openPage(browser, `${instance.url}/#/goal/${goal}/${tasks[3]}`);
  await page.locator('.who').click();
  await page.fill('[name="name"]', name);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`.who:has-text("${name}")`);
  await page.waitForSelector(`.task.open[data-id="${tasks[3]}"]`);
  await page.keyboard.press('m');
  await page.fill('[name="body"]', `Signed by ${name}.`);
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector(`.entry:has-text("${name}")`);
  const { events } = await read('/api/v1/audit?limit=1');
  check(`${name} signs what is said`, events[0].actor === name && events[0].data.body === `Signed by ${name}.`, events[0]);
  await page.context().close();
}

/** However fast the log runs, a view reads at most once a second. */
async function burst() {
  const page = await openPage(browser, `${instance.url}/#/now`);
  await page.waitForSelector('.numbers dd');
  page.requests.length = 0;
  const begun_ms = Date.now();
  let position;
  for (let number = 0; number < BURST; number += 1) ({ position } = await agent('update', { ids: [tasks[3]], set: { title: `Paint ${number}` } }));
  await page.waitForFunction((wanted) => document.querySelector('.position').textContent.includes(`#${wanted}`), position);
  // The last of them may come after a pause of the view.
  await untilQuiet(page);
  await after(PAUSE_MS);
  await untilQuiet(page);
  const [reads, seconds] = [page.requests.filter((url) => url.includes('/api/v1/stats')).length, (Date.now() - begun_ms) / 1000];
  check(`${BURST} events in ${seconds.toFixed(1)} s made ${reads} readings of the numbers`, reads >= 1 && reads <= Math.ceil(seconds) + 1, page.requests);
  await page.context().close();
}
