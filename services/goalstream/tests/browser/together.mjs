// Two people in browsers of their own and an agent on one goal: each sees what the others do. And tabs that slept meanwhile.
//
//   GOALSTREAM_BIN=target/debug/goalstream GOALSTREAM_CHROMIUM=/usr/bin/chromium node together.mjs

import { isUnbroken, openPage, positionsOf, tasksOf, untilLive, untilNotLive, untilTold } from './support/browser.mjs';
import { check, same } from './support/checks.mjs';
import { answer, dismissAll, focusOf, told } from './support/hands.mjs';
import { plan, play, stage } from './support/stage.mjs';

/** More than the page begins with, fewer than it keeps: all of them must be there afterwards. */
const SLEPT_EVENTS = 60;

const scene = await stage();
const { browser, instance, agent, read } = scene;
let goal, tasks, mara, ada;

await play(scene, { 'setting up': setUp, claims, edits, comments, undo, 'a tab asleep': tabAsleep, 'the worker asleep': workerAsleep, 'the network gone': networkGone, 'a large plan': largePlan, problems });

async function setUp() {
  ({ goal, tasks } = await plan(agent, { title: 'Paint the bridge', tasks: [{ title: 'Scrape' }, { title: 'Prime' }, { title: 'Paint' }] }));
  [mara, ada] = await Promise.all([as('Mara'), as('ada')]);
}
async function as(name) {
  const page = await openPage(browser, `${instance.url}/#/goal/${goal}/${tasks[0]}`);
  await page.waitForSelector('.task.open');
  await page.locator('.bar .who').click();
  await answer(page, { name });
  await page.waitForSelector(`.bar .who:has-text("${name}")`);
  await page.evaluate(() => (globalThis.loadedOnce = true));
  return page;
}
/** Many lines at once above the one that has the focus: they are not drawn in portions then, which would take the last lines away. */
async function largePlan() {
  const last = tasks.at(-1);
  await mara.locator(row(last, ' .task-main')).focus();
  await mara.evaluate((last) => {
    globalThis.lost = false;
    document.querySelector(last).addEventListener('focusout', () => (globalThis.lost = true));
  }, row(last));
  const { ids } = await agent('add_tasks', { parent: tasks[0], tasks: Array.from({ length: 40 }, (_, number) => ({ title: `Bolt ${number + 1}`, key: `bolt-${number + 1}` })) });
  await mara.waitForSelector(row(ids['bolt-40']));
  check('forty tasks above the focus do not take it away', !(await mara.evaluate(() => globalThis.lost)) && (await focusOf(mara)) === last, await focusOf(mara));
}

function row(id, more = '') {
  return `.task[data-id="${id}"]${more}`;
}

async function claims() {
  await mara.keyboard.press('i');
  for (const page of [mara, ada]) await page.waitForSelector(row(tasks[0], ' .holder:has-text("Mara")'));
  check('what one claims, the other sees', true);
  const refused = await agent('claim', { id: tasks[0] }).then(() => 'it was given', (error) => error.message);
  check('and the agent is refused, with the name', refused.includes('Mara'), refused);
  const { fence } = await agent('claim', { id: tasks[1] });
  for (const page of [mara, ada]) await page.waitForSelector(row(tasks[1], ' .holder:has-text("browser-test")'));
  await agent('complete', { id: tasks[1], fence, result: 'Two coats.' });
  for (const page of [mara, ada]) await page.waitForSelector(row(tasks[1], '[data-state="completed"]'));
  check('what the agent claims and completes, both see', true);
}

async function edits() {
  await inPlace(ada, tasks[0], 'status', 'in_review');
  const wrong = await ada.locator('.in-place .wrong').innerText();
  await ada.keyboard.press('Escape');
  const state = await ada.locator(row(tasks[0])).getAttribute('data-state');
  check('what another holds is refused beside the field, and looks as before', wrong.includes('Mara') && state === 'in_progress', [wrong, state]);
  await inPlace(ada, tasks[0], 'due', '2027-03-01');
  await inPlace(ada, goal, 'title', 'Paint the old bridge');
  for (const page of [mara, ada]) await page.waitForSelector('.goal-head h1:has-text("Paint the old bridge")');
  await agent('update', { ids: [goal], set: { description: 'Before winter.' } });
  for (const page of [mara, ada]) {
    await page.waitForSelector('.goal-head .prose:has-text("Before winter.")');
    await page.waitForSelector(row(tasks[0], ' .due:has-text("1 Mar 2027")'));
  }
  check('what one edits in place and what the agent edits, both see', true);
  await ada.locator(`[data-edit="${goal} title"]`).click();
  await ada.fill('.in-place [name]', 'Mine');
  await untilTold(ada, (await agent('update', { ids: [goal], set: { title: 'Theirs' } })).position);
  await ada.keyboard.press('Enter');
  const said = await ada.locator('.in-place .wrong').innerText();
  check('what was changed meanwhile is not written over', said.includes('browser-test changed it meanwhile'), said);
  await ada.keyboard.press('Escape');
  for (const page of [mara, ada]) await page.waitForSelector('.goal-head h1:has-text("Theirs")');
  await ada.locator(`[data-edit="${tasks[0]} due"]`).click();
  await ada.fill('.in-place [name]', '2027-05-01');
  await untilTold(ada, (await agent('update', { ids: [tasks[0]], set: { due: '2027-06-01' } })).position);
  await ada.keyboard.press('Enter');
  const late = await ada.locator('.in-place .wrong').innerText();
  check('nor a due date', late.startsWith('Due is “2027-06-01” now. browser-test changed it meanwhile'), late);
  await ada.keyboard.press('Enter');
  for (const page of [mara, ada]) await page.waitForSelector(row(tasks[0], ' .due:has-text("1 May 2027")'));
  check('until it is sent again', true);
}
async function inPlace(page, id, field, value) {
  await page.locator(`[data-edit="${id} ${field}"]`).click();
  const control = page.locator('.in-place [name]');
  await (field === 'status' ? control.selectOption(value) : control.fill(value));
  await page.keyboard.press('Enter');
}

async function comments() {
  await agent('comment', { id: tasks[0], body: 'Said by the agent.' });
  await ada.locator(row(tasks[0], ' .task-main')).focus();
  await ada.keyboard.press('m');
  await answer(ada, { body: 'Said by ada.' });
  for (const page of [mara, ada]) for (const by of ['the agent', 'ada']) await page.waitForSelector(`.entry:has-text("Said by ${by}.")`);
  check('what one says, the others read', true);
}

async function undo() {
  await mara.locator(row(tasks[0], ' .task-main')).focus();
  await mara.keyboard.press('s');
  await answer(mara, { status: 'in_review' });
  await ada.waitForSelector(row(tasks[0], '[data-state="in_review"]'));
  await mara.waitForSelector('dialog.form', { state: 'detached' });
  await mara.keyboard.press('z');
  const { position } = await agent('update', { ids: [tasks[2]], set: { title: 'Paint it red' } });
  for (const page of [mara, ada]) await page.waitForSelector(row(tasks[2], ' .task-title:has-text("Paint it red")'));
  await agent('undo', { events: [position] });
  for (const page of [mara, ada]) {
    await page.waitForSelector(row(tasks[0], '[data-state="in_progress"]'));
    await page.waitForSelector(row(tasks[2], ' .task-title:text-is("Paint")'));
  }
  check('what one takes back, and what the agent takes back, is as before for both', true);
}

/** All that both have seen is whole, is the server's, and came without a reload. */
async function whole(what, position) {
  const answered = await read(`/api/v1/tasks?ids=${tasks.join()}&min_position=${position}`);
  const wanted = answered.tasks.map(({ id, status, title }) => `${id} ${status} ${title}`).sort();
  for (const page of [mara, ada]) {
    await untilTold(page, position);
    const positions = await positionsOf(page);
    check(`${what}: nothing is missing and nothing twice`, isUnbroken(positions) && positions[0] >= position && positions.length > SLEPT_EVENTS, positions);
    check(`${what}: the rows are the server's`, same(await tasksOf(page), wanted), [await tasksOf(page), wanted]);
    check(`${what}: nothing was loaded anew`, await page.evaluate(() => globalThis.loadedOnce === true));
  }
}

async function happens(what) {
  let position;
  for (let number = 1; number <= SLEPT_EVENTS; number += 1) ({ position } = await agent('update', { ids: [tasks[2]], set: { title: `${what} ${number}` } }));
  return position;
}

/** Nothing runs in the tab, as in one that the browser has frozen. */
async function tabAsleep() {
  const session = await mara.context().newCDPSession(mara);
  const asleep = new Promise((resolve) => session.once('Debugger.paused', resolve));
  await session.send('Debugger.enable');
  await session.send('Debugger.pause');
  const position = await happens('Paint');
  await untilTold(ada, position);
  await asleep;
  await session.send('Debugger.disable');
  await whole('a tab asleep', position);
}

/** The worker that holds the connection is stopped, as with a laptop that was shut. */
async function workerAsleep() {
  const session = await browser.newBrowserCDPSession();
  const workers = (await session.send('Target.getTargets')).targetInfos.filter(({ type }) => type === 'shared_worker');
  check('each browser has one worker', workers.length === 2, workers);
  const told = [];
  for (const { targetId } of workers) {
    const { sessionId } = await session.send('Target.attachToTarget', { targetId, flatten: false });
    const tell = (id, method) => session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
    await tell(1, 'Debugger.enable');
    await tell(2, 'Debugger.pause');
    told.push(() => tell(3, 'Debugger.disable'));
  }
  const before = await positionsOf(mara);
  const position = await happens('Polish');
  check('while it sleeps, nothing is heard', same(await positionsOf(mara), before), [before[0], position]);
  for (const wake of told) await wake();
  await whole('the worker asleep', position);
}

async function networkGone() {
  await mara.context().setOffline(true);
  await untilNotLive(mara);
  const position = await happens('Varnish');
  await mara.context().setOffline(false);
  await untilLive(mara);
  await whole('the network gone', position);
}

function problems() {
  check('no error and no refused content in any page', [mara, ada].every(({ problems }) => problems.length === 0), [mara.problems, ada.problems]);
}
