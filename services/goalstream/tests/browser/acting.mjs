// People act in the page: every deed by its form, its key or its button, what is refused, and what is taken back.
//
//   GOALSTREAM_BIN=target/debug/goalstream GOALSTREAM_CHROMIUM=/usr/bin/chromium node acting.mjs

import { openPage, untilTold, wordsOf } from './support/browser.mjs';
import { check, same } from './support/checks.mjs';
import { answer, dismissAll, leave, openTask, refused, seenThat, told } from './support/hands.mjs';
import { ALL, judge } from './support/judging.mjs';
import { plan, play, stage } from './support/stage.mjs';

const scene = await stage();
const { browser, instance, agent, read } = scene;
let goal, tasks, page;

await play(scene, { 'setting up': setUp, create, edit, 'in place': inPlace, status, claim, complete, comment, shelf, conflict, network, palette, accessibility });

async function setUp() {
  const tasksWanted = [{ title: 'Scrape' }, { title: 'Prime', accept: ['Dry', 'Even'] }, { title: 'Paint', key: 'paint' }, { title: 'Admire', after: ['paint'] }];
  ({ goal, tasks } = await plan(agent, { title: 'Paint the bridge', tasks: tasksWanted }));
  page = await openPage(browser, instance.url);
  await page.locator('.who').click();
  await page.fill('[name="name"]', 'Mara');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.who:has-text("Mara")');
}

async function taskOf(id) {
  return (await read(`/api/v1/goals/${goal}`)).tasks.find((task) => task.id === id);
}
function taskThat(id, holds) {
  return seenThat(() => taskOf(id), holds);
}
function open(id) {
  return openTask(page, instance.url, goal, id);
}
function stateShown(id, state) {
  return page.waitForSelector(`.task[data-id="${id}"][data-state="${state}"]`);
}

async function create() {
  await page.keyboard.press('c');
  await answer(page, { title: 'Mow the lawn', tags: 'garden, #summer', tasks: 'Find the mower\n\nMow' });
  await page.waitForSelector('.goal-head h1:has-text("Mow the lawn")');
  await page.waitForSelector('.task-title');
  const titles = await page.locator('.task-title').allTextContents();
  check('c makes a goal with its tasks and opens it', titles.join() === 'Find the mower,Mow', titles);
  const event = await wordsOf(page.locator('.entry:has-text("Mara")'));
  check('the log says who did it', /Mara/.test(event), event);
  await page.keyboard.press('c');
  await answer(page, { title: 'Put the mower away', accept: 'It is dry' });
  await page.waitForSelector('.task-title:has-text("Put the mower away")');
  check('in a goal c makes a task of it', true);
  await page.keyboard.press('z');
  await page.waitForSelector('.task-title:has-text("Put the mower away")', { state: 'detached' });
  check('z takes it back', (await told(page, 'Taken back')).includes('is created'));
  await dismissAll(page);
}

async function edit() {
  const [id] = tasks;
  await open(id);
  await page.keyboard.press('e');
  await answer(page, { title: 'Scrape it well', priority: 'high', due: '2027-03-01', tags: 'steel, loud', assignee: 'ada', description: 'All of it.' });
  await told(page, `${id} is changed`);
  const { title, priority, due, tags, assignee, description } = await taskThat(id, ({ title }) => title === 'Scrape it well');
  const seen = JSON.stringify([title, priority, due, tags, assignee, description]);
  check('every field is as it was written', seen === '["Scrape it well","high","2027-03-01",["loud","steel"],"ada","All of it."]', seen);
  await page.waitForSelector('.task-title:has-text("Scrape it well")');
  await page.keyboard.press('e');
  await answer(page, { tags: 'loud', assignee: '' });
  await page.waitForSelector('dialog.form', { state: 'detached' });
  await page.waitForFunction((id) => !document.querySelector(`.task[data-id="${id}"] .detail`)?.textContent.includes('Assignee'), id);
  const after = await taskThat(id, ({ assignee }) => assignee === undefined);
  check('what is emptied is cleared', after.assignee === undefined && after.tags.join() === 'loud', after);
  await dismissAll(page);
  await lists(tasks[2], tasks[0]);
}

/** What a task has several of: each comes and goes by itself, whatever letters it is made of. */
async function lists(id, other) {
  await agent('update', { ids: [id], add: { tags: ['#7', 'red, white'], accept: ['Dry', 'Even'] } });
  await open(id);
  await page.waitForSelector(`.task[data-id="${id}"] .detail:has-text("Even")`);
  await page.keyboard.press('e');
  const shown = [await page.inputValue('.form [name="tags"]'), await page.inputValue('.form [name="accept"]')];
  check('the form shows what there is', same(shown, ['#7, "red, white"', 'Dry\nEven']), shown);
  await answer(page, { tags: `${shown[0]}, #new`, after: other.toLowerCase(), accept: 'Even\nNo drops' });
  await page.waitForSelector('dialog.form', { state: 'detached' });
  const { tags, after, criteria } = await taskThat(id, ({ after }) => after?.length > 0);
  const seen = [tags, after, criteria.map(({ number, text }) => [number, text])];
  check('tags keep their letters, what comes first is added, and criteria keep their numbers', same(seen, [['#7', 'new', 'red, white'], [other], [[2, 'Even'], [3, 'No drops']]]), seen);
  await page.waitForSelector(`.task[data-id="${id}"] .detail:has-text("No drops")`);
  await page.keyboard.press('e');
  await answer(page, { after: 'TASK-9999' });
  const wrong = await refused(page);
  check('a task that is not there is refused', wrong.includes('TASK-9999 does not exist'), wrong);
  await page.fill('.form [name="after"]', '');
  await answer(page, { tags: '', accept: '' });
  await page.waitForSelector('dialog.form', { state: 'detached' });
  const bare = await taskThat(id, ({ after }) => after === undefined);
  check('and what is taken away is gone', bare.tags === undefined && bare.criteria === undefined, bare);
  await dismissAll(page);
}

/** Where a value stands: Enter and leaving save, Esc takes back, and what is saved is seen before the server has answered. */
async function inPlace() {
  const [id] = tasks;
  await open(id);
  const begin = async (of, field) => {
    await page.locator(`[data-edit="${of} ${field}"]`).press('Enter');
    return page.locator('.in-place [name]');
  };
  const hasFocus = (of, field) => page.evaluate((edit) => document.activeElement.dataset.edit === edit, `${of} ${field}`);
  await (await begin(goal, 'title')).fill('Never');
  await page.keyboard.press('Escape');
  check('Esc takes back, and the focus is where it was', (await page.locator('.goal-head h1').innerText()).startsWith('Paint the bridge') && (await hasFocus(goal, 'title')));
  let answered = () => {};
  await page.route('**/api/v1/commands/update', async (route) => (await new Promise((resolve) => (answered = resolve)), route.continue()));
  await (await begin(goal, 'title')).fill('Paint the whole bridge');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.goal-head h1:has-text("Paint the whole bridge")');
  check('Enter saves, and it is seen at once', (await read(`/api/v1/goals/${goal}`)).goal.title === 'Paint the bridge' && (await hasFocus(goal, 'title')));
  answered();
  await told(page, `${goal} is changed`);
  await page.unroute('**/api/v1/commands/update');
  await renamed(id, '.task.open .line', () => page.locator(`.task-main[aria-expanded="true"]`).focus(), 'in the tree');
  await page.goto(`${instance.url}/#/list?peek=${id}`);
  await renamed(id, '.peek h2', () => page.locator('.peek .deeds button').first().focus(), 'in the peek');
  await open(id);
  await (await begin(id, 'due')).fill('2027-04-01');
  await page.locator('.goal-head h1').click();
  const { due } = await taskThat(id, ({ due }) => due === '2027-04-01');
  check('leaving saves', due === '2027-04-01', due);
  await (await begin(id, 'tags')).fill('loud, rusty');
  await page.keyboard.press('Enter');
  await (await begin(id, 'description')).fill('All of it.\nTwice.');
  await page.keyboard.press('Control+Enter');
  const { tags, description } = await taskThat(id, ({ description }) => description === 'All of it.\nTwice.');
  check('a text of several lines is sent by Ctrl Enter', description === 'All of it.\nTwice.' && tags.join() === 'loud,rusty', [tags, description]);
  await (await begin(id, 'status')).selectOption('blocked');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.form [name="why"]');
  check('whoever blocks it is asked why', await page.evaluate(() => document.activeElement.name === 'why'));
  await leave(page);
  await dismissAll(page);
}

/** F2 edits the title where it stands, Enter sends it, and the focus is where it was. */
async function renamed(id, there, focus, where) {
  await page.waitForSelector(there);
  await focus();
  await page.keyboard.press('F2');
  await page.locator(`${there} [name="title"]`).fill(`Scrape it, ${where}`);
  await page.keyboard.press('Enter');
  const { title } = await taskThat(id, ({ title }) => title === `Scrape it, ${where}`);
  const stands = await page.locator(there).innerText();
  const isBack = await page.evaluate((there) => document.activeElement.closest(there.split(' ')[0]) !== null, there);
  check(`F2 edits a title ${where}`, title === `Scrape it, ${where}` && stands.includes(title) && isBack, [title, stands, isBack]);
}

async function status() {
  const [id, , , last] = tasks;
  await open(id);
  await page.keyboard.press('s');
  await answer(page, { status: 'blocked', why: 'Rain' });
  await stateShown(id, 'blocked');
  await page.waitForSelector(`.task[data-id="${id}"] .detail:has-text("Rain")`);
  check('a blocked task says why', true);
  await page.locator('.toast button:has-text("Undo")').last().click();
  await stateShown(id, 'pending');
  const undone = await taskThat(id, ({ status }) => status === 'pending');
  check('Undo in the message takes it back', undone.status === 'pending', undone);
  await open(last);
  await page.keyboard.press('s');
  await answer(page, { status: 'completed' });
  const wrong = await refused(page);
  check('a refusal says why, and what to do', wrong.includes('wait for') && /complete or cancel those first/i.test(wrong), wrong);
  await page.keyboard.press('Escape');
  await stateShown(last, 'pending');
  check('and the row looks as before', true);
  await dismissAll(page);
}

async function claim() {
  const [id] = tasks;
  await open(id);
  await page.keyboard.press('i');
  await page.waitForSelector(`.task[data-id="${id}"] .holder:has-text("Mara")`);
  const claimed = await taskThat(id, ({ claim }) => claim?.holder === 'Mara');
  check('i claims it', claimed.claim?.holder === 'Mara', claimed);
  await page.locator('.task.open [data-deed="status"]').click();
  await answer(page, { status: 'in_progress' });
  await stateShown(id, 'in_progress');
  check('its holder may move it', true);
  await page.keyboard.press('i');
  await page.waitForFunction((id) => !document.querySelector(`.task[data-id="${id}"] .holder`), id);
  const returned = await taskThat(id, ({ claim }) => claim === undefined);
  check('i again gives it back', returned.claim === undefined, returned);
  const { fence } = await agent('claim', { id });
  await page.waitForSelector(`.task[data-id="${id}"] .holder:has-text("browser-test")`);
  await page.keyboard.press('s');
  await answer(page, { status: 'in_review' });
  const wrong = await refused(page);
  check("what another has claimed is not ours to move", wrong.includes('browser-test'), wrong);
  await page.keyboard.press('Escape');
  await agent('claim', { id, fence, release: true });
  await dismissAll(page);
}

async function complete() {
  const id = tasks[1];
  await open(id);
  await page.keyboard.press('s');
  await answer(page, { status: 'completed' });
  await page.waitForSelector('.form .check input');
  check('whoever sets it completed is asked which criteria hold', (await page.locator('.form h2').innerText()) === `Complete ${id}`);
  await leave(page);
  await page.keyboard.press('d');
  await page.fill('[name="result"]', 'Smooth.');
  await page.fill('[name="evidence"]', 'https://example.org/photo');
  await page.locator('.check input').first().check();
  await answer(page);
  const wrong = await refused(page);
  check('with a criterion open it is refused', /criteri/i.test(wrong), wrong);
  await page.locator('.check input').last().check();
  await answer(page);
  await stateShown(id, 'completed');
  const task = await taskThat(id, ({ status }) => status === 'completed');
  const told = JSON.stringify(await agent('history', { id }));
  check('result, evidence and criteria are kept', task.result === 'Smooth.' && task.criteria.every(({ met }) => met) && told.includes('example.org/photo'), [task, told]);
  await dismissAll(page);
}

async function comment() {
  const [id] = tasks;
  await open(id);
  await page.keyboard.press('m');
  await page.fill('[name="body"]', 'It was raining.');
  await page.selectOption('[name="kind"]', 'decision');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('.entry:has-text("It was raining.")');
  const entry = await wordsOf(page.locator('.entry:has-text("It was raining.")'));
  check('m comments, and Ctrl Enter sends it', entry.includes('recorded a decision on'), entry);
  await page.waitForSelector('.task.open .comments li:has-text("It was raining.")');
  check('and it stands at the task', true);
  await agent('comment', { id, body: 'It is dry now.' });
  await page.goto(`${instance.url}/#/list?peek=${id}`);
  await page.waitForSelector('.comments li:has-text("It is dry now.")');
  const said = await page.locator('.comments li').evaluateAll((all) => all.map((one) => [one.querySelector('b').innerText, one.querySelector('.prose').innerText]));
  check('each comment says whose it is', same(said, [['Mara', 'It was raining.'], ['browser-test', 'It is dry now.']]), said);
  await dismissAll(page);
}

async function shelf() {
  const id = tasks[3];
  await page.goto(`${instance.url}/#/list?peek=${id}`);
  await page.waitForSelector('.peek .deeds');
  await agent('update', { ids: [id], set: { archived: true } });
  await page.waitForSelector('.peek .said:has-text("Archived")');
  await page.locator('.peek .deeds summary').click();
  await page.locator('.peek [data-deed="restore"]').click();
  await page.waitForSelector('.peek .said:has-text("Archived")', { state: 'detached' });
  const { archived } = await taskThat(id, (task) => task && !task.archived);
  check('what is archived says so, and can be taken back', archived === undefined, archived);
  await page.goto(`${instance.url}/#/goal/${goal}/TASK-9999`);
  await page.waitForSelector('.goal-view .note:has-text("There is no task TASK-9999 in this goal any more.")');
  check('a link to a task that is gone says so', true);
  await dismissAll(page);
}

/** What another changed while one wrote is not written over. */
async function conflict() {
  const id = tasks[2];
  await open(id);
  await page.keyboard.press('e');
  await page.fill('[name="title"]', 'Mine');
  await untilTold(page, (await agent('update', { ids: [id], set: { title: 'Theirs' } })).position);
  await answer(page);
  const wrong = await refused(page);
  check('a conflict says who changed it, and to what', wrong.includes('Title is “Theirs” now. browser-test changed it meanwhile'), wrong);
  const kept = await page.inputValue('.form [name="title"]');
  check('and changes nothing', kept === 'Mine' && (await taskOf(id)).title === 'Theirs', kept);
  await answer(page);
  const { title } = await taskThat(id, ({ title }) => title === 'Mine');
  check('sent again, it is written over', title === 'Mine', title);
  await page.waitForSelector('dialog.form', { state: 'detached' });
  await page.keyboard.press('e');
  await page.fill('.form [name="title"]', 'Mine still');
  await untilTold(page, (await agent('update', { ids: [id], set: { priority: 'high' } })).position);
  await answer(page);
  const beside = await taskThat(id, ({ title }) => title === 'Mine still');
  check('what was changed beside it is in nobody\'s way', beside.title === 'Mine still' && beside.priority === 'high', beside);
  await page.waitForSelector('dialog.form', { state: 'detached' });
  await dismissAll(page);
}

/** An answer that is lost does not make it happen twice. */
async function network() {
  const id = tasks[2];
  await open(id);
  const keys = [];
  await page.route('**/api/v1/commands/comment', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    if (keys.length === 1) await route.fetch();
    if (keys.length < 3) return route.abort();
    return route.continue();
  });
  await page.keyboard.press('m');
  await answer(page, { body: 'Said once.' });
  await told(page, 'Your note');
  await page.unroute('**/api/v1/commands/comment');
  const said = await page.locator('.entry:has-text("Said once.")').count();
  check('a command whose answers were lost is done once', said === 1 && keys.length === 3 && new Set(keys).size === 1, [said, keys]);
  await dismissAll(page);
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
  const press = (key) => async (judged) => {
    if (key === 'e') await judged.waitForSelector('.task.open');
    await judged.keyboard.press(key);
    await judged.waitForSelector('dialog[open]');
  };
  for (const [name, hash, key] of [['the palette', '#/', 'Control+k'], ['a form', `#/goal/${goal}/${tasks[2]}`, 'e'], ['the keys', '#/', '?']]) {
    await judge(browser, name, `${instance.url}/${hash}`, press(key), ALL);
  }
  const begun = async (judged) => {
    await judged.locator(`[data-edit="${goal} description"]`).click();
    await judged.waitForSelector('.in-place textarea');
  };
  await judge(browser, 'a value edited in place', `${instance.url}/#/goal/${goal}/${tasks[2]}`, begun);
  check('no error and no refused content in the page', page.problems.length === 0, page.problems);
}
