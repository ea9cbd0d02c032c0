// People act in the page: every deed by its form, its key or its button, what is refused, and what is taken back.
//
//   GOALSTREAM_BIN=target/debug/goalstream GOALSTREAM_CHROMIUM=/usr/bin/chromium node acting.mjs

import { agentOf } from './support/agent.mjs';
import { launch, openPage, untilTold, violationsOf } from './support/browser.mjs';
import { check, finish, part } from './support/checks.mjs';
import { Instance } from './support/instance.mjs';

const browser = await launch();
const instance = await Instance.start();
const agent = agentOf(instance.url);
const read = async (path) => (await fetch(instance.url + path)).json();
/** How long the server may take for what the page shows already, and how often it is looked at. */
const [ANSWER_MS_MAX, ANSWER_LOOK_MS] = [20_000, 50];
let goal, tasks, page;

try {
  await part('setting up', setUp);
  await part('create', create);
  await part('edit', edit);
  await part('bad input', badInput);
  await part('status', status);
  await part('claim', claim);
  await part('complete', complete);
  await part('comment', comment);
  await part('conflict', conflict);
  await part('network', network);
  await part('palette', palette);
  await part('accessibility', accessibility);
  check('no error and no refused content in the page', page?.problems.length === 0, page?.problems);
} finally {
  await browser.close();
  await instance.stop();
  await instance.remove();
}
process.exitCode = finish();

async function setUp() {
  const plan = { title: 'Paint the bridge', tasks: [{ title: 'Scrape' }, { title: 'Prime', accept: ['Dry', 'Even'] }, { title: 'Paint', key: 'paint' }, { title: 'Admire', after: ['paint'] }] };
  const made = await agent('create_goal', plan);
  goal = made.goal;
  await agent('get', { ids: [goal] });
  tasks = (await read(`/api/v1/goals/${goal}`)).tasks.map(({ id }) => id);
  page = await openPage(browser, instance.url);
  await page.locator('.who').click();
  await page.fill('[name="name"]', 'Mara');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.who:has-text("Mara")');
}

/** The text of the latest message. */
async function told(text) {
  return (await page.waitForSelector(`.toast:has-text("${text}")`)).innerText();
}
async function dismissAll() {
  while ((await page.locator('.toast [aria-label="Dismiss"]').count()) > 0) await page.locator('.toast [aria-label="Dismiss"]').first().click();
}
function submit() {
  return page.locator('.form .primary').click();
}
async function taskOf(id) {
  return (await read(`/api/v1/goals/${goal}`)).tasks.find((task) => task.id === id);
}
/** The page shows what is wanted before the server has it, so what the server has is looked at until it is so. */
async function taskThat(id, holds) {
  for (const end_ms = Date.now() + ANSWER_MS_MAX; ; await new Promise((resolve) => setTimeout(resolve, ANSWER_LOOK_MS))) {
    const task = await taskOf(id);
    if (holds(task) || Date.now() > end_ms) return task;
  }
}
async function openTask(id) {
  await page.goto(`${instance.url}/#/goal/${goal}/${id}`);
  await page.waitForSelector(`.task.open[data-id="${id}"]`);
}
function stateShown(id, state) {
  return page.waitForSelector(`.task[data-id="${id}"][data-state="${state}"]`);
}

async function create() {
  await page.keyboard.press('c');
  await page.fill('[name="title"]', 'Mow the lawn');
  await page.fill('[name="tags"]', 'garden, #summer');
  await page.fill('[name="tasks"]', 'Find the mower\n\nMow');
  await submit();
  await page.waitForSelector('.goal-head h1:has-text("Mow the lawn")');
  const titles = await page.locator('.task-title').allTextContents();
  check('c makes a goal with its tasks and opens it', titles.join() === 'Find the mower,Mow', titles);
  const event = await page.locator('.entry:has-text("Mara")').first().innerText();
  check('the log says who did it', /Mara/.test(event), event);
  await page.keyboard.press('c');
  await page.fill('[name="title"]', 'Put the mower away');
  await page.fill('[name="accept"]', 'It is dry');
  await submit();
  await page.waitForSelector('.task-title:has-text("Put the mower away")');
  check('in a goal c makes a task of it', true);
  await page.keyboard.press('z');
  await page.waitForSelector('.task-title:has-text("Put the mower away")', { state: 'detached' });
  check('z takes it back', (await told('Taken back')).includes('is created'));
  await dismissAll();
}

async function edit() {
  const [id] = tasks;
  await openTask(id);
  await page.keyboard.press('e');
  await page.fill('[name="title"]', 'Scrape it well');
  await page.selectOption('[name="priority"]', 'high');
  await page.fill('[name="due"]', '2027-03-01');
  await page.fill('[name="tags"]', 'steel, loud');
  await page.fill('[name="assignee"]', 'ada');
  await page.fill('[name="description"]', 'All of it.');
  await submit();
  await told(`${id} is changed`);
  const { title, priority, due, tags, assignee, description } = await taskOf(id);
  const seen = JSON.stringify([title, priority, due, tags, assignee, description]);
  check('every field is as it was written', seen === '["Scrape it well","high","2027-03-01",["loud","steel"],"ada","All of it."]', seen);
  await page.waitForSelector('.task-title:has-text("Scrape it well")');
  await page.keyboard.press('e');
  await page.fill('[name="tags"]', 'loud');
  await page.fill('[name="assignee"]', '');
  await submit();
  await page.waitForSelector('dialog.form', { state: 'detached' });
  await page.waitForFunction((id) => !document.querySelector(`.task[data-id="${id}"] .detail`)?.textContent.includes('Assignee'), id);
  const after = await taskOf(id);
  check('what is emptied is cleared', after.assignee === undefined && after.tags.join() === 'loud', after);
  await dismissAll();
}

/** Each is refused at its field, which has the focus, and nothing is stored. */
async function badInput() {
  const before = (await read('/api/v1/goals')).position;
  const cases = [
    ['c', { title: '' }, 'title', 'empty'],
    ['c', { title: '   ' }, 'title', 'empty'],
    ['c', { title: 'x'.repeat(201) }, 'title', '200'],
    ['c', { title: 'x', estimate: 'soon' }, 'estimate', 'soon'],
    ['c', { title: 'x', tags: 'y'.repeat(300) }, 'tags', ''],
    ['e', { title: '' }, 'title', 'empty'],
    ['e', { title: 'y'.repeat(201) }, 'title', '200'],
    ['e', { estimate: '-5' }, 'estimate', '-5'],
    ['m', { body: '' }, 'body', 'empty'],
  ];
  await openTask(tasks[0]);
  for (const [key, answers, field, says] of cases) {
    await page.keyboard.press(key);
    await page.waitForSelector('dialog.form[open]');
    for (const [name, value] of Object.entries(answers)) await page.fill(`[name="${name}"]`, value);
    await submit();
    const wrong = await page.waitForSelector('.wrong').then((one) => one.innerText());
    const [invalid, focused] = await page.evaluate(() => [document.querySelector('[aria-invalid="true"]')?.name, document.activeElement.name]);
    check(`${key} with ${JSON.stringify(answers).slice(0, 40)} is refused at ${field}`, invalid === field && focused === field && wrong.includes(says), [invalid, focused, wrong]);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog.form', { state: 'detached' });
  }
  check('nothing of it was stored', (await read('/api/v1/goals')).position === before);
}

async function status() {
  const [id, , , last] = tasks;
  await openTask(id);
  await page.keyboard.press('s');
  await page.selectOption('[name="status"]', 'blocked');
  await page.fill('[name="why"]', 'Rain');
  await submit();
  await stateShown(id, 'blocked');
  await page.waitForSelector(`.task[data-id="${id}"] .detail:has-text("Rain")`);
  check('a blocked task says why', true);
  await page.locator('.toast button:has-text("Undo")').last().click();
  await stateShown(id, 'pending');
  const undone = await taskThat(id, ({ status }) => status === 'pending');
  check('Undo in the message takes it back', undone.status === 'pending', undone);
  await openTask(last);
  await page.keyboard.press('s');
  await page.selectOption('[name="status"]', 'completed');
  await submit();
  const wrong = await page.waitForSelector('.wrong').then((one) => one.innerText());
  check('a refusal says why, and what to do', wrong.includes('wait for') && /complete or cancel those first/i.test(wrong), wrong);
  await page.keyboard.press('Escape');
  await stateShown(last, 'pending');
  check('and the row looks as before', true);
  await dismissAll();
}

async function claim() {
  const [id] = tasks;
  await openTask(id);
  await page.keyboard.press('i');
  await page.waitForSelector(`.task[data-id="${id}"] .holder:has-text("Mara")`);
  const claimed = await taskThat(id, ({ claim }) => claim?.holder === 'Mara');
  check('i claims it', claimed.claim?.holder === 'Mara', claimed);
  await page.locator('.task.open [data-deed="status"]').click();
  await page.selectOption('[name="status"]', 'in_progress');
  await submit();
  await stateShown(id, 'in_progress');
  check('its holder may move it', true);
  await page.keyboard.press('i');
  await page.waitForFunction((id) => !document.querySelector(`.task[data-id="${id}"] .holder`), id);
  const returned = await taskThat(id, ({ claim }) => claim === undefined);
  check('i again gives it back', returned.claim === undefined, returned);
  const { fence } = await agent('claim', { id });
  await page.waitForSelector(`.task[data-id="${id}"] .holder:has-text("browser-test")`);
  await page.keyboard.press('s');
  await page.selectOption('[name="status"]', 'in_review');
  await submit();
  const wrong = await page.waitForSelector('.wrong').then((one) => one.innerText());
  check("what another has claimed is not ours to move", wrong.includes('browser-test'), wrong);
  await page.keyboard.press('Escape');
  await agent('claim', { id, fence, release: true });
  await dismissAll();
}

async function complete() {
  const id = tasks[1];
  await openTask(id);
  await page.keyboard.press('d');
  await page.fill('[name="result"]', 'Smooth.');
  await page.fill('[name="evidence"]', 'https://example.org/photo');
  await page.locator('.check input').first().check();
  await submit();
  const wrong = await page.waitForSelector('.wrong').then((one) => one.innerText());
  check('with a criterion open it is refused', /criteri/i.test(wrong), wrong);
  await page.locator('.check input').last().check();
  await submit();
  await stateShown(id, 'completed');
  const task = await taskThat(id, ({ status }) => status === 'completed');
  const told = JSON.stringify(await agent('history', { id }));
  check('result, evidence and criteria are kept', task.result === 'Smooth.' && task.criteria.every(({ met }) => met) && told.includes('example.org/photo'), [task, told]);
  await dismissAll();
}

async function comment() {
  const [id] = tasks;
  await openTask(id);
  await page.keyboard.press('m');
  await page.fill('[name="body"]', 'It was raining.');
  await page.selectOption('[name="kind"]', 'decision');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('.entry:has-text("It was raining.")');
  const entry = await page.locator('.entry:has-text("It was raining.")').innerText();
  check('m comments, and Ctrl Enter sends it', entry.includes('recorded a decision on'), entry);
  await dismissAll();
}

/** What another changed while one wrote is not written over. */
async function conflict() {
  const id = tasks[2];
  await openTask(id);
  await page.keyboard.press('e');
  await page.fill('[name="title"]', 'Mine');
  await untilTold(page, (await agent('update', { ids: [id], set: { title: 'Theirs' } })).position);
  await submit();
  const wrong = await page.waitForSelector('.wrong').then((one) => one.innerText());
  check('a conflict says who changed it', wrong.includes('browser-test changed it meanwhile'), wrong);
  check('and changes nothing', (await taskOf(id)).title === 'Theirs');
  await page.keyboard.press('Escape');
}

/** An answer that is lost does not make it happen twice. */
async function network() {
  const id = tasks[2];
  await openTask(id);
  const keys = [];
  await page.route('**/api/v1/commands/comment', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    if (keys.length === 1) await route.fetch();
    if (keys.length < 3) return route.abort();
    return route.continue();
  });
  await page.keyboard.press('m');
  await page.fill('[name="body"]', 'Said once.');
  await submit();
  await told('Your note');
  await page.unroute('**/api/v1/commands/comment');
  const said = await page.locator('.entry:has-text("Said once.")').count();
  check('a command whose answers were lost is done once', said === 1 && keys.length === 3 && new Set(keys).size === 1, [said, keys]);
  await dismissAll();
}

async function palette() {
  await page.goto(`${instance.url}/#/`);
  await page.keyboard.press('Control+k');
  await page.waitForSelector('.palette input');
  await page.keyboard.type('go to list');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.view[data-view="list"]');
  check('Ctrl K and words lead to a view', page.url().endsWith('#/list'), page.url());
  await page.keyboard.press('Control+k');
  await page.waitForSelector('.palette input');
  await page.keyboard.type('scrape it');
  await page.waitForSelector(`.palette #item-${tasks[0]}`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`.task.open[data-id="${tasks[0]}"]`);
  check('and to a task by its title', true);
  for (const [letter, view] of [['b', 'board'], ['l', 'list'], ['g', 'goals']]) {
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('g');
    await page.keyboard.press(letter);
    await page.waitForSelector(`main[data-view="${view}"]`);
  }
  check('g and a letter lead to a view', true);
  await page.keyboard.press('?');
  const sheet = await page.locator('dialog.keys').innerText();
  check('? shows the keys', ['commands and search', 'Board', 'undo what you just did'].every((one) => sheet.includes(one)), sheet);
  await page.keyboard.press('Escape');
}

async function accessibility() {
  const places = [['the palette', '#/', 'Control+k'], ['a form', `#/goal/${goal}/${tasks[2]}`, 'e'], ['the keys', '#/', '?']];
  for (const colorScheme of ['light', 'dark']) {
    for (const viewport of [{ width: 1440, height: 900 }, { width: 360, height: 740 }]) {
      for (const [name, hash, key] of places) {
        const judged = await openPage(browser, `${instance.url}/${hash}`, { colorScheme, viewport });
        if (key === 'e') await judged.waitForSelector('.task.open');
        await judged.keyboard.press(key);
        await judged.waitForSelector('dialog[open]');
        const [violations, wide] = [await violationsOf(judged), await judged.evaluate(() => document.documentElement.scrollWidth)];
        check(`axe has no objection to ${name}, ${colorScheme}, ${viewport.width} px`, violations.length === 0 && wide <= viewport.width, [violations, wide]);
        await judged.context().close();
      }
    }
  }
}
