// The list of all tasks and the board: what they show, how they are walked and changed, and how fast they are with a hundred thousand.
//
//   GOALSTREAM_BIN=target/debug/goalstream GOALSTREAM_CHROMIUM=/usr/bin/chromium node list.mjs

import { openPage, wordsOf } from './support/browser.mjs';
import { check, measured, same } from './support/checks.mjs';
import { answer, focusOf, seenThat, told } from './support/hands.mjs';
import { ALL, judge } from './support/judging.mjs';
import { plan, play, stage } from './support/stage.mjs';
import { filtered, meterOf, percentile, scrolled, untilAllRead } from './support/table.mjs';

const MANY = 100_000;
/** The bars for the page. Times are only told: a test that fails because a machine is busy proves nothing. */
const FILTER_MS_MAX = 100;
const FRAME_MS_MAX = 8;
const TAB_MB_MAX = 150;

/** As many events as a page is told at first. */
const TOLD_FIRST = 50;
/** Pixels that a finger needs each way. */
const FINGER = 44;

const scene = await stage();
const { browser, instance, agent, read } = scene;
let goal, tasks, page;

await play(scene, {
  'setting up': setUp,
  list,
  'keys in the list': listKeys,
  batch,
  board,
  'keys on the board': boardKeys,
  'under the focus': underFocus,
  touch,
  'opened later': openedLater,
  'one connection': oneConnection,
  'a goal put aside': putAside,
  accessibility,
  'a hundred thousand': many,
});

async function setUp() {
  const titles = ['Scrape', 'Prime', 'Paint', 'Sand', 'Varnish'];
  ({ goal, tasks } = await plan(agent, { title: 'Paint the bridge', tasks: titles.map((title) => ({ title, tags: [title.toLowerCase()] })) }));
  await plan(agent, { title: 'Mow the lawn', tasks: [{ title: 'Mow', priority: 'critical' }] });
  page = await openPage(browser, `${instance.url}/#/list`);
}

function rows(where = page) {
  return where.locator('.body .row').evaluateAll((all) => all.toSorted((a, b) => a.ariaRowIndex - b.ariaRowIndex).map((one) => one.querySelector('.title').textContent));
}
function untilRows(count) {
  return page.waitForFunction((count) => document.querySelectorAll('.body .row').length === count, count);
}
async function statusOf(id) {
  return (await read(`/api/v1/goals/${goal}`)).tasks.find((task) => task.id === id)?.status;
}
async function becomes(id, wanted) {
  return (await seenThat(() => statusOf(id), (status) => status === wanted)) === wanted;
}

async function list() {
  await untilRows(6);
  check('all tasks stand there, newest first', (await rows()).join() === 'Mow,Varnish,Sand,Paint,Prime,Scrape', await rows());
  await page.fill('.toolbar input.filter', 'paint');
  await untilRows(1);
  check('the filter stands in the URL', page.url().endsWith('#/list?q=paint'), page.url());
  await page.goto(`${instance.url}/#/list?sort=title`);
  await untilRows(6);
  check('so does the order', (await rows()).join() === 'Mow,Paint,Prime,Sand,Scrape,Varnish', await rows());
  await page.locator('.head .title button').click();
  await page.waitForSelector('.head .title[aria-sort="descending"]');
  check('a click on a column turns it round', (await rows())[0] === 'Varnish', await rows());
  await page.goto(`${instance.url}/#/list?tag=sand`);
  await untilRows(1);
  await keepAs('Sanding');
  await page.reload();
  await page.goto(`${instance.url}/#/list`);
  await page.locator('.chip:text("Sanding")').click();
  await untilRows(1);
  check('a filter that was kept is there after a reload', page.url().endsWith('#/list?tag=sand'), page.url());
  await page.goto(`${instance.url}/#/list?q=paint`);
  await untilRows(1);
  await keepAs('Sanding', 'Replace');
  check('under the same name another takes its place', same(await keptLinks(), ['#/list?q=paint']), await keptLinks());
  await page.locator('[aria-label="Forget the filter Sanding"]').press('Enter');
  check('and it is forgotten by a key', (await keptLinks()).length === 0 && (await page.evaluate(() => document.activeElement.matches('.chip.add'))), await keptLinks());
  await page.goto(`${instance.url}/#/list`);
  await untilRows(6);
  await agent('update', { ids: [tasks[0]], set: { title: 'Scrape all of it' } });
  await page.waitForSelector('.row .title:has-text("Scrape all of it")');
  check('on a wide screen every view is in the rail', !(await page.locator('.rail .more-views').isVisible()) && (await page.locator('.rail a:visible').count()) > 4);
  const { ids } = await agent('add_tasks', { parent: goal, tasks: [{ title: 'Inspect' }] });
  await untilRows(7);
  await agent('update', { ids: Object.values(ids), set: { archived: true } });
  await untilRows(6);
  check('what changes, comes and goes is shown by itself', true);
}

/** By the keyboard alone: the form is opened, filled in, and sent. Esc leaves it. */
async function keepAs(name, button = 'Keep') {
  await page.locator('.chip.add').press('Enter');
  await page.locator('.naming').press('Escape');
  check('Esc keeps nothing', (await page.locator('.naming').count()) === 0 && (await page.evaluate(() => document.activeElement.matches('.chip.add'))));
  await page.keyboard.press('Enter');
  await page.fill('[name="filter-name"]', name);
  const said = await page.locator('.naming .primary').innerText();
  check(`the form says what it does: ${said}`, said === button, said);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`.chip-with a[aria-current]:text("${name}")`);
}
function keptLinks() {
  return page.locator('.chip-with a').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
}

function active() {
  return page.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.dataset.row);
}

async function listKeys() {
  await page.locator('h1').first().focus().catch(() => {});
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  check('j walks down', (await active()) === tasks[4], await active());
  await page.keyboard.press('Space');
  await page.waitForSelector(`.peek[data-id="${tasks[4]}"] h2:has-text("Varnish")`);
  await page.keyboard.press('j');
  await page.waitForSelector(`.peek[data-id="${tasks[3]}"] h2:has-text("Sand")`);
  check('Space peeks, and the peek goes along', page.url().includes(`peek=${tasks[3]}`), page.url());
  await page.keyboard.press('Escape');
  await page.waitForSelector('.peek', { state: 'detached' });
  await page.keyboard.press('/');
  check('/ leads to the filter', await page.evaluate(() => document.activeElement.matches('.toolbar input.filter')));
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.waitForSelector(`.task.open[data-id="${tasks[3]}"]`);
  check('Enter opens the task in its goal', page.url().endsWith(`#/goal/${goal}/${tasks[3]}`), page.url());
  await page.goBack();
  await untilRows(6);
}

async function batch() {
  await page.locator('.table').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  const said = await page.locator('.batch b').innerText();
  check('x and Shift select several', said === '3 selected', said);
  await page.keyboard.press('s');
  await answer(page, { status: 'in_progress' });
  await told(page, '3 tasks are in progress');
  const statuses = await Promise.all([4, 3, 2].map((at) => statusOf(tasks[at])));
  check('their status is set in one go', statuses.every((status) => status === 'in_progress'), statuses);
  await page.keyboard.press('z');
  check('and taken back in one go', await becomes(tasks[3], 'pending'));
  await page.keyboard.press('Escape');
  check('Esc lets go of them', (await page.locator('.batch').count()) === 0);
}

function column(status) {
  return page.locator(`.cards[data-status="${status}"] .card-title`).allTextContents();
}
function untilIn(status, title) {
  return page.waitForSelector(`.cards[data-status="${status}"] .card:has-text("${title}")`);
}

async function board() {
  await page.goto(`${instance.url}/#/board`);
  await untilIn('pending', 'Prime');
  check('the most important stands first, then the oldest', (await column('pending')).join() === 'Mow,Scrape all of it,Prime,Paint,Sand,Varnish', await column('pending'));
  await page.dragAndDrop(`.card[data-id="${tasks[1]}"]`, '.column:has([data-status="in_progress"])');
  await untilIn('in_progress', 'Prime');
  check('a card is moved by dragging', await becomes(tasks[1], 'in_progress'));
  await seizedMeanwhile();
  await agent('update', { ids: [tasks[2]], set: { status: 'in_review' } });
  await untilIn('in_review', 'Paint');
  check('what an agent moves, moves', true);
  await page.dragAndDrop(`.card[data-id="${tasks[2]}"]`, '.column:has([data-status="blocked"])');
  await answer(page, { why: 'No paint' });
  await untilIn('blocked', 'No paint');
  check('whoever blocks a task is asked why', true);
  await page.locator('.chip:has-text("By goal")').click();
  await page.waitForSelector('.lane h2:has-text("Mow the lawn")');
  const lanes = await page.locator('.lane h2 a').allTextContents();
  check('each goal has a lane, newest first', lanes.join() === 'Mow the lawn,Paint the bridge', lanes);
  await page.selectOption('.toolbar select', goal);
  await page.waitForFunction(() => document.querySelectorAll('.lane').length === 1);
  check('or one goal is chosen', page.url().includes(`goal=${goal}`), page.url());
}

async function boardKeys() {
  await page.goto(`${instance.url}/#/board?goal=${goal}`);
  await untilIn('pending', 'Sand');
  await page.locator(`.card[data-id="${tasks[0]}"] > a`).focus();
  await page.keyboard.press('ArrowDown');
  check('arrows walk down a column', (await focusOf(page)) === tasks[3], await focusOf(page));
  await page.keyboard.press('ArrowRight');
  check('and into the next one', (await focusOf(page)) === tasks[1], await focusOf(page));
  await page.keyboard.press('k');
  await page.locator(`.card[data-id="${tasks[3]}"] > a`).focus();
  await page.keyboard.press('Shift+ArrowRight');
  await untilIn('in_progress', 'Sand');
  check('Shift with an arrow moves the card, and the focus goes with it', (await focusOf(page)) === tasks[3] && (await becomes(tasks[3], 'in_progress')), await focusOf(page));
  await page.keyboard.press('Space');
  await page.waitForSelector(`.peek[data-id="${tasks[3]}"]`);
  await page.keyboard.press('Escape');
  await page.waitForSelector('.peek', { state: 'detached' });
  check('Space peeks, Esc closes, and the focus stays', (await focusOf(page)) === tasks[3], await focusOf(page));
}

/** What is under the focus stays where it is, whatever the log brings. */
async function underFocus() {
  await page.locator(`.card[data-id="${tasks[4]}"] > a`).focus();
  const before = await column('pending');
  await agent('update', { ids: [tasks[4]], set: { priority: 'critical' } });
  await agent('add_tasks', { parent: goal, tasks: [{ title: 'Urgent', priority: 'critical' }] });
  await untilIn('pending', 'Urgent');
  check('under the focus cards keep their order, and what is new comes last', (await column('pending')).join() === [...before, 'Urgent'].join(), await column('pending'));
  await agent('update', { ids: [tasks[4]], set: { status: 'in_review' } });
  await untilIn('in_review', 'Varnish');
  const focused = await seenThat(() => focusOf(page), (id) => id === tasks[4]);
  check('a card that another moves takes the focus along', focused === tasks[4], focused);
  await page.goto(`${instance.url}/#/`);
  await page.locator('.entry a').first().focus();
  const told = await wordsOf(page.locator('.entry'));
  await agent('comment', { id: goal, body: 'Not under the focus.' });
  await page.waitForSelector('.activity .pill:has-text("1 new")');
  check('in the activity nothing moves under the focus', (await wordsOf(page.locator('.entry'))) === told, told);
  await page.locator('.activity .pill').click();
  await page.waitForSelector('.entry:has-text("Not under the focus.")');
  await page.goto(`${instance.url}/#/list`);
  await untilRows(7);
  await page.locator('.table').focus();
  const rowsBefore = await rows();
  await agent('add_tasks', { parent: goal, tasks: [{ title: 'More urgent' }] });
  await page.waitForSelector('.pill:has-text("1 change")');
  check('so does the list, which says that something waits', (await rows()).join() === rowsBefore.join(), await rows());
  await page.locator('.pill').click();
  await untilRows(8);
}

/** Somebody holds a card while an agent moves it: where it was seen is no longer where it stands. */
async function seizedMeanwhile() {
  await page.locator(`.card[data-id="${tasks[1]}"]`).hover();
  await page.mouse.down();
  await page.locator('.column:has([data-status="completed"])').hover();
  await agent('update', { ids: [tasks[1]], set: { status: 'in_review' } });
  await untilIn('in_review', 'Prime');
  await page.locator('.column:has([data-status="completed"])').hover();
  await page.mouse.up();
  await told(page, `${tasks[1]} is in review now`);
  check('what was moved while it was dragged is not moved over', (await statusOf(tasks[1])) === 'in_review');
  await agent('update', { ids: [tasks[1]], set: { status: 'in_progress' } });
  await untilIn('in_progress', 'Prime');
}

/** A finger scrolls where a mouse drags, so each card has a menu that is always there. */
async function touch() {
  const phone = await openPage(browser, `${instance.url}/#/board?goal=${goal}`, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  const menu = phone.locator(`.card[data-id="${tasks[0]}"] .card-menu`);
  await menu.waitFor();
  const [opacity, box] = [await menu.evaluate((one) => getComputedStyle(one).opacity), await menu.boundingBox()];
  const around = { x: box.x + box.width + 4 - FINGER / 2, y: box.y - 4 + FINGER / 2 };
  const corners = [-1, 1].flatMap((x) => [-1, 1].map((y) => [around.x + (x * (FINGER - 2)) / 2, around.y + (y * (FINGER - 2)) / 2]));
  const hit = await phone.evaluate((corners) => corners.map(([x, y]) => document.elementFromPoint(x, y)?.className), corners);
  check('the menu of a card is seen, and large enough for a finger', opacity === '1' && hit.every((name) => name === 'card-menu'), [opacity, box, hit]);
  await menu.tap();
  await phone.selectOption('.form [name="status"]', 'in_review');
  await phone.locator('.form .primary').tap();
  await phone.waitForSelector(`.cards[data-status="in_review"] .card[data-id="${tasks[0]}"]`);
  check('a card is moved by a finger', await becomes(tasks[0], 'in_review'));
  check('nothing went wrong on the telephone', phone.problems.length === 0, phone.problems);
  await phone.context().close();
}

/** All tabs of a browser share one stream; whichever closes, the others hear on. */
async function oneConnection() {
  const streams = async () => Number(/^sse_clients (\d+)/m.exec(await (await fetch(`${instance.url}/metrics`)).text())?.[1]);
  const ended = async () => (await seenThat(streams, (count) => count === 0)) === 0;
  await page.goto('about:blank');
  const context = await browser.newContext();
  const open = async () => {
    const tab = await context.newPage();
    await tab.goto(instance.url);
    await tab.waitForSelector('.connection[data-connection="live"]');
    return tab;
  };
  const others = await ended();
  const [first, second] = [await open(), await open()];
  check('two tabs, one stream', others && (await streams()) === 1, await streams());
  await first.close();
  const { position } = await agent('update', { ids: [goal], set: { description: 'Heard by the second tab.' } });
  await second.waitForFunction((wanted) => Number(document.querySelector('.position').textContent.match(/#(\d+)/)?.[1]) >= wanted, position);
  const third = await open();
  await agent('update', { ids: [goal], set: { description: 'Heard by both.' } });
  for (const tab of [second, third]) await tab.waitForSelector(`.position:has-text("#${position + 1}")`);
  check('the first closes and nothing is lost; still one stream', (await streams()) === 1, await streams());
  const gaps = await second.locator('.gap').count();
  check('and no gap', gaps === 0, gaps);
  await context.close();
  check('the last closes it', await ended(), await streams());
  await page.goto(`${instance.url}/#/list`);
  await untilRows(8);
}

/** A peek and a selection are about what is there; what is put aside with its goal is not. */
async function putAside() {
  const made = await plan(agent, { title: 'Dig a pond', tasks: [{ key: 'dig', title: 'Dig' }, { title: 'Fill', after: ['dig'] }] });
  const [dig, fill] = made.tasks;
  const at = await openPage(browser, `${instance.url}/#/list?peek=${fill}`);
  await at.locator('.peek .links a').click();
  await at.waitForSelector(`.peek[data-id="${dig}"] h2:has-text("Dig")`);
  check('a peek leads on to what the task comes after', at.url().includes(`peek=${dig}`), at.url());
  await agent('comment', { id: dig, body: 'Mind the pipe.' });
  await at.waitForSelector('.peek .comments:has-text("Mind the pipe.")');
  check('and shows what is said meanwhile', true);

  await at.locator('.table').focus();
  await at.locator('.body .row:has-text("Fill") .pick').click();
  await at.waitForSelector('.batch b:has-text("1 selected")');
  await at.fill('.toolbar input.filter', 'dig');
  await at.waitForSelector('.batch', { state: 'detached' });
  check('what a filter hides is no longer selected', true);
  await at.fill('.toolbar input.filter', '');

  await at.waitForSelector('.body .row:has-text("Fill")');
  await agent('update', { ids: [made.goal], set: { archived: true } });
  await at.waitForSelector('.body .row:has-text("Fill")', { state: 'detached' });
  await agent('update', { ids: [made.goal], set: { archived: false } });
  await at.waitForSelector('.body .row:has-text("Fill")');
  check('tasks leave with their goal, and come back with it', true);

  await at.keyboard.press('Control+k');
  await at.fill('.palette input', fill.toLowerCase());
  await at.waitForSelector('.palette .item:has-text("Fill")');
  check('the palette finds a task by its id', true);
  await at.context().close();
}

async function accessibility() {
  for (const [name, hash] of [['the board', '#/board'], ['the board by goal', '#/board?lanes=goal'], ['the list', '#/list'], ['a peek', `#/list?peek=${tasks[0]}`]]) {
    await judge(browser, name, `${instance.url}/${hash}`, hash.includes('peek') ? '.peek h2' : '.card, .body .row', ALL);
  }
  check('no error and no refused content in the page', page.problems.length === 0, page.problems);
}

/** What happened last is told first, of an old task as well: the row that is meant is the first one all the same. */
async function openedLater() {
  for (let number = 0; number < TOLD_FIRST; number += 1) await agent('comment', { id: tasks[0], body: `Look at place ${number}.` });
  const late = await openPage(browser, `${instance.url}/#/list`);
  await late.waitForFunction(() => document.querySelectorAll('.body .row').length > 1);
  const meant = () => late.evaluate(() => [document.querySelector('.table').getAttribute('aria-activedescendant'), document.querySelector('.body .row[aria-rowindex="2"]').id]);
  const seen = await seenThat(meant, ([active, first]) => active === first);
  check('the first row is the one that is meant', seen[0] === seen[1], seen);
  await late.context().close();
}

/** The page alone is looked at here, so its tasks are made up on the way to it; `cargo xtask bench page` has a log of as many. */
async function many() {
  const heavy = await openPage(browser, instance.url);
  const made = (number) => ({ id: `TASK-${number}`, goal, title: `Paint the ${['bridge', 'roof', 'fence'][number % 3]} of order ${number}`, status: ['pending', 'in_progress', 'completed', 'blocked'][number % 4], priority: ['low', 'medium', 'high'][number % 3], tags: [`area-${number % 17}`], assignee: number % 5 ? undefined : 'ben', version: 1, created_at: '2026-11-01T00:00:00.000000Z', updated_at: '2026-11-01T00:00:00.000000Z' });
  const lines = [{ position: 1, epoch: '', total: MANY }, ...Array.from({ length: MANY }, (_, at) => made(at + 1000)), { end: true, count: MANY }];
  const body = lines.map((line) => JSON.stringify(line)).join('\n');
  await heavy.route('**/api/v1/tasks?*', (route) => route.fulfill({ contentType: 'application/x-ndjson', body }));
  await heavy.goto(`${instance.url}/#/list`);
  await untilAllRead(heavy, MANY);
  const meter = await meterOf(heavy);
  const heap_mb = await meter.heap_mb();
  check(`${MANY} tasks are ${heap_mb.toFixed(1)} MB of heap (bound ${TAB_MB_MAX})`, heap_mb < TAB_MB_MAX);
  measured(`a frame of scrolling takes ${percentile(await scrolled(heavy, meter), 50).toFixed(2)} ms of the main thread (median, bar ${FRAME_MS_MAX})`);
  const { waits_ms, works_ms } = await filtered(heavy, meter);
  measured(`a filter is answered and drawn in ${percentile(works_ms, 50).toFixed(0)} ms of the main thread (median, bar ${FILTER_MS_MAX}; ${percentile(waits_ms, 50).toFixed(0)} ms by the clock)`);
  check('nothing went wrong', heavy.problems.length === 0, heavy.problems);
  await heavy.context().close();
}
