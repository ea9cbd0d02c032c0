// The dashboard in a real browser, in front of the whole system: what an agent does is seen, and outages are lived through.
//
//   GOALSTREAM_BIN=target/debug/goalstream GOALSTREAM_CHROMIUM=/usr/bin/chromium node board.mjs

import { setTimeout as after } from 'node:timers/promises';
import { PAGE_MS_MAX, goalsOf, isUnbroken, moment, openPage, positionsOf, tasksOf, untilLive, untilNotLive, untilTold, violationsOf, wordsOf } from './support/browser.mjs';
import { check, measured, same } from './support/checks.mjs';
import { focusOf } from './support/hands.mjs';
import { plan, play, stage } from './support/stage.mjs';

const IDLE_MS = 20_000;
const REASON = 'Waits for the certificate of the other party, who is away until Monday';
/** More goals than a page begins with. */
const FILLERS = 60;
/** More tasks than are drawn of a goal. */
const MANY = 320;
const HOSTILE = [
  '<script>window.hurt = true</script>',
  '"><img src=x onerror="window.hurt = true">',
  `'quotes' "double" & &amp; </script><!-- \\u003c`,
  '🚀 👩‍🚀 naïve 目標 ‒ ½',
  'مرحبا بالعالم 123 (שלום)',
];

const scene = await stage();
const { browser, instance, agent, read } = scene;
const note = (description) => agent('update', { ids: [goal], set: { description } });
let goal, tasks, page, other;

await play(scene, {
  empty,
  'first rows': firstRows,
  live,
  'two pages': twoPages,
  'hostile titles': hostileTitles,
  keyboard,
  accessibility,
  idle,
  restart: () => outage('restart', 'SIGTERM', 0),
  'kill -9': () => outage('kill -9', 'SIGKILL', 'SIGKILL'),
  offline,
  parts,
  filter,
  narrow,
  marks,
  link,
});

/** A new user is told how to connect an agent, with what works as it stands. */
async function empty() {
  const first = await openPage(browser, instance.url);
  const commands = await first.locator('.empty code').allInnerTexts();
  check('the empty page gives the command with its own address', commands[0] === `claude mcp add --transport http goalstream ${instance.url}/mcp`, commands);
  await first.context().close();
}

async function firstRows() {
  ({ goal, tasks } = await plan(agent, { title: 'Paint the bridge', tags: ['steel'], tasks: [{ title: 'Scrape' }, { title: 'Prime' }, { title: 'Paint' }] }));
  const html = await (await fetch(instance.url)).text();
  const body = html.slice(html.indexOf('<body'));
  const [row, script] = [body.indexOf(`data-id="${goal}"`), body.indexOf('<script')];
  check('the first rows are in the HTML, before any script of the body', row !== -1 && row < script, { row, script });

  const context = await browser.newContext({ javaScriptEnabled: false });
  const still = await context.newPage();
  await still.goto(instance.url);
  check('they are shown without any script', await still.getByText('Paint the bridge').isVisible());
  const before = await goalsOf(still);
  await context.close();
  [page, other] = [await openPage(browser, instance.url), await openPage(browser, `${instance.url}/#/goal/${goal}`)];
  check('the page draws the same rows as the server', same(await goalsOf(page), before), [await goalsOf(page), before]);
}

/** What an agent does appears without anybody asking. */
async function live() {
  const [task] = tasks;
  await seen('create_goal', page, '.goal-title', 'Mow the lawn', () => agent('create_goal', { title: 'Mow the lawn' }));
  let fence;
  await seen('claim', other, `.task[data-id="${task}"] .holder`, 'browser-test', async () => ({ fence } = await agent('claim', { id: task })));
  await seen('complete', other, `.task[data-id="${task}"][data-state="completed"]`, '', () => agent('complete', { id: task, fence, result: 'Bare metal.' }));
  const text = await wordsOf(other.locator('.entry'));
  check('the activity tells of it', /browser-test completed Scrape/.test(text) && text.includes('Bare metal.'), text);
}

async function seen(name, where, selector, text, act) {
  const appeared = moment(where, selector, text);
  // Answered in order: from here on it is being looked for.
  await where.evaluate(() => true);
  const asked_ms = Date.now();
  await act();
  const answered_ms = Date.now();
  const waited_ms = (await appeared) - asked_ms;
  check(`${name} is on the page`, waited_ms >= 0, waited_ms);
  measured(`that took ${waited_ms} ms from when it was asked for; the answer ${answered_ms - asked_ms} ms`);
}

async function twoPages() {
  await page.goto(`${instance.url}/#/goal/${goal}`);
  await page.waitForSelector('.task');
  const { position } = await note('Both pages hear this.');
  await toldAndTrue('both pages', position);
}

/** Both pages have told of this position, show the same, and what they show is what the server answers. */
async function toldAndTrue(name, position) {
  await Promise.all([page, other].map((one) => untilTold(one, position)));
  const [here, there] = await Promise.all([page, other].map((one) => positionsOf(one)));
  check(`${name}: the activity is the same, without gap or duplicate`, same(here, there) && isUnbroken(here) && here[0] >= position, [here, there]);
  const [{ goals }, opened] = [await read('/api/v1/goals'), await read(`/api/v1/goals/${goal}`)];
  const goalLines = goals.map(({ id, status, progress, title }) => `${id} ${status} ${progress.completed}/${progress.total - progress.cancelled} ${title}`);
  const taskLines = opened.tasks.map(({ id, status, title }) => `${id} ${status} ${title}`);
  for (const one of [page, other]) {
    const [goalsShown, tasksShown] = [await goalsOf(one), await tasksOf(one)];
    check(`${name}: the rows are the server's`, same(goalsShown, goalLines) && same(tasksShown, taskLines), [goalsShown, goalLines, tasksShown, taskLines]);
  }
}

async function hostileTitles() {
  const added = await agent('create_goal', { title: HOSTILE[0], description: HOSTILE[1], tags: ['<b>'], tasks: HOSTILE.map((title) => ({ title, accept: [title] })) });
  for (const title of HOSTILE.slice(1)) await agent('create_goal', { title });
  await untilTold(page, (await note(HOSTILE[0])).position);
  const pushed = (await page.locator('.goal-title').allTextContents()).slice(0, HOSTILE.length).reverse();
  check('hostile titles that are pushed show as text', same(pushed, HOSTILE), pushed);

  const loaded = await openPage(browser, `${instance.url}/#/goal/${added.goal}`);
  await loaded.waitForSelector('.task');
  const [rendered, inTree] = [(await loaded.locator('.goal-title').allTextContents()).slice(0, HOSTILE.length).reverse(), await loaded.locator('.task-title').allTextContents()];
  check('hostile titles that are loaded show as text', same(rendered, HOSTILE) && same(inTree, HOSTILE), [rendered, inTree]);
  await loaded.locator('.task-main').first().click();
  const criterion = await loaded.locator('.checks li').first().innerText();
  check('so do criteria', criterion.includes(HOSTILE[0]), criterion);
  for (const one of [page, loaded]) {
    const hurt = await one.evaluate(() => globalThis.hurt === true || document.querySelector('#app :is(script, img)') !== null);
    check('nothing of them ran or became an element', !hurt && one.problems.length === 0, one.problems);
  }
  await loaded.context().close();
}

async function keyboard() {
  const keys = await openPage(browser, instance.url);
  const focused = () => focusOf(keys);
  const goals = await keys.locator('.goal').evaluateAll((all) => all.map((one) => one.dataset.id));
  const press = async (...names) => {
    for (const name of names) await keys.keyboard.press(name);
  };
  await press('j', 'j', 'j');
  check('j walks down the goals', (await focused()) === goals[2], await focused());
  await press('k');
  check('k walks up', (await focused()) === goals[1], await focused());

  const at = goals.indexOf(goal);
  await press(...Array(at - 1).fill('j'), 'Enter');
  await keys.waitForSelector('.task');
  check('Enter opens a goal', keys.url().endsWith(`#/goal/${goal}`), keys.url());
  await keys.evaluate(() => document.activeElement.blur());
  await press('j', 'j', 'Enter');
  await keys.waitForSelector('.task.open');
  check('j and Enter open a task', keys.url().endsWith(`#/goal/${goal}/${tasks[1]}`), keys.url());
  await press('Escape');
  check('Esc closes the task', (await keys.locator('.task.open').count()) === 0 && (await focused()) === tasks[1], await focused());
  await press('Escape');
  check('Esc again leaves the goal, back where we were', (await keys.locator('.goal-view').count()) === 0 && (await focused()) === goal, await focused());
  await keys.context().close();
}

async function accessibility() {
  for (const colorScheme of ['light', 'dark']) {
    for (const [name, hash] of [['the goals', '#/'], ['a goal with a task open', `#/goal/${goal}/${tasks[0]}`]]) {
      const judged = await openPage(browser, `${instance.url}/${hash}`, { colorScheme });
      if (name !== 'the goals') await judged.waitForSelector('.task.open');
      const violations = await violationsOf(judged);
      check(`axe has no objection to ${name}, ${colorScheme}`, violations.length === 0, violations);
      await judged.context().close();
    }
  }
}

/** Pushed to, never polling: an open page that nothing happens to asks for nothing. This wait is the measurement. */
async function idle() {
  page.requests.length = 0;
  await after(IDLE_MS);
  check(`an idle page makes no request in ${IDLE_MS / 1000} s`, page.requests.length === 0, page.requests);
  const { position } = await note('Still listening.');
  await untilTold(page, position);
  check('and then still hears of what happens, by the same stream', page.requests.length === 0, page.requests);
}

/** The server goes away under two open pages and comes back, with more in its log. */
async function outage(name, signal, expected) {
  for (const one of [page, other]) await one.evaluate(() => (globalThis.loadedOnce = true));
  const [lost, before] = [Promise.all([page, other].map(untilNotLive)), await positionsOf(page)];
  const end = await instance.stop(signal);
  check(`${name}: the server ended`, end === expected, end);
  await lost;
  for (const one of [page, other]) one.requests.length = 0;
  check(`${name}: the pages say that the connection is lost`, true);
  await instance.up();
  const started_ms = Date.now();
  let position;
  for (let number = 1; number <= 3; number += 1) ({ position } = await note(`${name}, ${number}`));
  await Promise.all([page, other].map(untilLive));
  check(`${name}: the pages are live again by themselves, ${Date.now() - started_ms} ms after the server was ready`, true);
  await toldAndTrue(name, position);
  const positions = await positionsOf(page);
  check(`${name}: nothing that was shown before is lost`, before.every((one) => positions.includes(one)), [before, positions]);
  for (const one of [page, other]) {
    const asked = one.requests.filter((url) => !url.startsWith(`${instance.url}/events?`));
    check(`${name}: nothing was loaded anew, the stream alone brought all`, asked.length === 0 && (await one.evaluate(() => globalThis.loadedOnce === true)), asked);
  }
}

/** What was opened while the server was away is there when it is back, without anybody asking. */
async function offline() {
  const reader = await openPage(browser, instance.url);
  await instance.stop();
  await untilNotLive(reader);
  await reader.evaluate((goal) => (location.hash = `#/goal/${goal}`), goal);
  await reader.waitForSelector('.goal-view button:has-text("Try again")');
  const said = await reader.waitForSelector('.offline-line').then((line) => line.innerText());
  check('it says in words that it is offline, and how old it is', /^Offline: shows what was there at \d\d:\d\d; trying again$/.test(said), said);
  await instance.up();
  await untilLive(reader);
  await reader.waitForSelector('.task');
  check('a goal that was opened offline is read when the connection returns', same(await tasksOf(reader), await tasksOf(page)), await tasksOf(reader));
  check('and the line is gone', (await reader.locator('.offline-line').count()) === 0);
  await reader.context().close();
}

/** A part of the page that did not come is there when the connection is, and when somebody asks for it once more. */
async function parts() {
  const reader = await openPage(browser, `${instance.url}/#/goal/${goal}`);
  await reader.waitForSelector('.task');
  await reader.route('**/assets/Charts-*.js', (request) => request.abort());
  await reader.evaluate(() => (location.hash = '#/charts?span=1h'));
  const said = await reader.locator('.note[role="alert"]').innerText();
  check('a part that did not come says so', said.startsWith('Charts could not be loaded.'), said);
  await reader.unroute('**/assets/Charts-*.js');
  await reader.locator('.note button:has-text("Try again")').click();
  await reader.waitForSelector('.plot canvas');
  check('and comes when it is asked for again, at the same address', reader.url().endsWith('#/charts?span=1h'), reader.url());
  await reader.evaluate((goal) => (location.hash = `#/goal/${goal}`), goal);
  await reader.route('**/assets/InPlace-*.js', (request) => request.abort());
  await reader.locator(`[data-edit="${goal} title"]`).click();
  const field = await reader.locator('.not-loaded').innerText();
  check('a field that did not come says so, and its value is still there', field.startsWith('The field could not be loaded.') && (await reader.locator('.goal-head h1').innerText()).includes('Paint the bridge'), field);
  await reader.keyboard.press('Escape');
  await reader.waitForSelector('.not-loaded', { state: 'detached' });
  check('Esc takes it away, and nothing else', reader.url().includes(goal), reader.url());
  await reader.route('**/assets/FormDialog-*.js', (request) => request.abort());
  await reader.reload();
  await reader.waitForSelector('.task');
  for (const close of [() => reader.keyboard.press('Escape'), () => reader.locator('.not-loaded button:has-text("Close")').click()]) {
    await reader.locator('.button.new').click();
    check('a form that did not come says so', (await reader.locator('.not-loaded').innerText()).startsWith('The form could not be loaded.'));
    await close();
    await reader.waitForSelector('.not-loaded', { state: 'detached' });
  }
  check('and it too is taken away, by Esc and by its button', reader.url().includes(goal), reader.url());
  await instance.stop();
  await untilNotLive(reader);
  await reader.evaluate(() => (location.hash = '#/timeline?span=1h'));
  await reader.locator('.note button:has-text("Try again")').click();
  await reader.waitForSelector('.note:has-text("There is still no answer from the server.")');
  check('without a server it is still this page that says so', true);
  await instance.up();
  await reader.waitForSelector('.timeline');
  check('and when that is back, the part comes by itself', reader.url().endsWith('#/timeline?span=1h'), reader.url());
  await reader.context().close();
}

/** The page holds the newest goals only; the filter finds the others all the same. */
async function filter() {
  const first = await agent('create_goal', { title: 'Tune the harpsichord', tags: ['music'] });
  const ids = [];
  for (let number = 0; number < FILLERS; number += 1) ids.push((await agent('create_goal', { title: `Filler ${number}` })).goal);
  await agent('get', { ids: [ids.at(-1)] });
  const reader = await openPage(browser, instance.url);
  const titles = () => reader.locator('.goal-title').allTextContents();
  check('an old goal is not among those the page begins with', !(await titles()).includes('Tune the harpsichord'), await titles());
  const type = (text) => reader.locator('.goals .filter').fill(text);
  for (const text of ['harpsichords', '#music']) {
    await type(text);
    await reader.waitForSelector('.goal-title:has-text("Tune the harpsichord")');
    check(`${text} finds it`, same(await titles(), ['Tune the harpsichord']), await titles());
  }
  await type('nowhere to be found');
  await reader.waitForSelector('.note:has-text("No goal matches")');
  const said = await reader.locator('.goals .note').innerText();
  check('a filter that finds nothing says what was searched', said.includes('All goals were searched') && (await reader.locator('.goals .more').isVisible()), said);
  await type(` goal-${Number(first.goal.slice(5))} `);
  await reader.locator('.goals .filter').press('Enter');
  await reader.waitForSelector('.goal-head h1:has-text("Tune the harpsichord")');
  check('an id as filter leads to its goal', reader.url().endsWith(`#/goal/${first.goal}`), reader.url());
  await reader.locator('.activity button:has-text("This goal only")').click();
  const feed = await reader.locator('.entries').innerText();
  check('the feed says how far back it looked', /None of the last \d+ events is about this goal\./.test(feed), feed);
  check('nothing went wrong meanwhile', reader.problems.length === 0, reader.problems);
  await reader.context().close();
}

/** Long and deep things on a telephone. */
async function narrow() {
  const title = 'W'.repeat(160);
  const { goal: long, ids } = await agent('create_goal', { title: `Long ${title}`, due: '2020-01-01', tasks: [{ title, tags: ['one', 'two', 'three'] }] });
  let parent = long;
  for (let depth = 0; depth < 16; depth += 1) parent = Object.values((await agent('add_tasks', { parent, tasks: [{ title: `Nested ${depth}` }] })).ids)[0];
  const [task] = Object.values(ids);
  await agent('update', { ids: [parent], set: { status: 'blocked' }, why: REASON });
  for (const colorScheme of ['light', 'dark']) {
    const phone = await openPage(browser, `${instance.url}/#/goal/${long}`, { viewport: { width: 360, height: 740 }, colorScheme });
    const deepest = phone.locator(`.task[data-id="${parent}"] .task-title`);
    await deepest.waitFor();
    const { width } = await deepest.boundingBox();
    check(`the deepest task has room for its title: ${width} px, ${colorScheme}`, width > 100, width);
    const why = await wordsOf(phone.locator(`.task[data-id="${parent}"] .why`));
    check(`a blocked task says why, ${colorScheme}`, why === REASON, why);
    await phone.locator(`.task[data-id="${task}"] .task-main`).click();
    const whole = await phone.locator('.task.open .task-title').evaluate((one) => one.scrollHeight <= one.clientHeight + 1 && one.scrollWidth <= one.clientWidth);
    check(`an open task shows its whole title, ${colorScheme}`, whole);
    const wide = await phone.evaluate(() => document.documentElement.scrollWidth);
    check(`nothing is wider than the screen, ${colorScheme}`, wide <= 360, wide);
    const text = await phone.locator('.goal-view').innerText();
    check(`ids, the third tag and the year of what is overdue are said, ${colorScheme}`, [task, '+1', 'overdue, was due 1 Jan 2020'].every((one) => text.includes(one)), text);
    await phone.locator(`.task[data-id="${parent}"] .task-main`).click();
    const detail = await phone.locator('.task.open .detail').innerText();
    check(`and says it in full when it is opened, ${colorScheme}`, detail.includes(REASON), detail);
    const violations = await violationsOf(phone);
    check(`axe has no objection to it, ${colorScheme}`, violations.length === 0, violations);
    await phone.context().close();
  }
  check('no error and no refused content in any page', [page, other].every((one) => one.problems.length === 0), [page.problems, other.problems]);
}

/** Between two other panes a task has little room for its marks; they stand below its title then, and are whole. */
async function marks() {
  const { goal, tasks } = await plan(agent, { title: 'Paint the railing', tasks: [{ title: 'Mask what is not to be painted', tags: ['preparation', 'outdoors'] }, { title: 'Paint' }] });
  await agent('claim', { id: tasks[0] });
  const desk = await openPage(browser, `${instance.url}/#/goal/${goal}`, { viewport: { width: 1200, height: 760 } });
  await desk.waitForSelector(`.task[data-id="${tasks[0]}"] .claim`);
  const cut = await desk.locator('.task .tag, .task-title').evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent));
  check('tags and titles beside a claim are whole', cut.length === 0, cut);
  const bounds = await desk.locator('.task .word').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().right));
  check('and the states stand below each other', bounds.length === 2 && bounds[0] === bounds[1], bounds);
  await desk.context().close();
}

/** Whoever follows a link to a task sees it, however far down it stands. */
async function link() {
  const { goal: long, tasks: all } = await plan(agent, { title: 'Polish the rail', tasks: Array.from({ length: MANY }, (_, number) => ({ title: `Polish part ${number}` })) });
  const phone = await openPage(browser, `${instance.url}/#/goal/${long}/${all.at(-1)}`, { viewport: { width: 360, height: 740 } });
  await phone.waitForSelector('.task.open');
  const seen = phone.locator('.task.open .line').evaluate((line) => new Promise((resolve) => new IntersectionObserver(([{ isIntersecting }], watching) => isIntersecting && resolve(watching.disconnect())).observe(line)));
  check('a link to a task shows it', await Promise.race([seen.then(() => true, () => false), after(PAGE_MS_MAX, false, { ref: false })]));
  await phone.context().close();
}
