// The past in a real browser: the log read record by record, a goal's history, what was taken back, and time travel there and back.
//
//   GOALSTREAM_BIN=target/debug/goalstream GOALSTREAM_CHROMIUM=/usr/bin/chromium node past.mjs

import { openPage, tasksOf, untilQuiet, untilTold, violationsOf, wordsOf } from './support/browser.mjs';
import { check, same } from './support/checks.mjs';
import { judge } from './support/judging.mjs';
import { plan, play, stage } from './support/stage.mjs';

/** A view that follows reads at most once a second; this bears a machine that is busy. */
const FOLLOWED_MS_MAX = 10_000;

const scene = await stage();
const { browser, instance, agent, read } = scene;
let goal, tasks, page, planned, done;

await play(scene, { story, events, follow, history, compare, 'take back': takeBack, travel, 'no request without a reason': idle, accessibility });

/** Three tasks, of which one is done. */
async function story() {
  ({ goal, tasks, position: planned } = await plan(agent, { title: 'Paint the bridge', tasks: [{ title: 'Scrape' }, { title: 'Prime' }, { title: 'Paint' }] }));
  const { fence } = await agent('claim', { id: tasks[0] });
  done = (await agent('complete', { id: tasks[0], fence, result: 'Bare metal.' })).position;
  await agent('get', { ids: [goal] });
  page = await openPage(browser, `${instance.url}/#/events`);
  check('the log was written', done > planned, [planned, done]);
}

async function events() {
  const positions = () => page.locator('.record-row').evaluateAll((rows) => rows.map((row) => Number(row.dataset.position)));
  await page.waitForSelector('.record-row');
  const { events } = await read('/api/v1/audit');
  check('every record is there, newest first', same(await positions(), events.map(({ position }) => position)), await positions());
  await page.locator(`.record-row[data-position="${done}"] a`).click();
  const detail = await page.locator('.record').innerText();
  check('a record says what changed, and who did it', ['task completed', 'completed', 'Bare metal.', 'browser-test', 'Correlation'].every((word) => detail.includes(word)), detail);
  check('the choice stands in the URL', page.url().includes(`p=${done}`), page.url());
  await page.locator('.side-part .close').click();

  await page.locator('.filters select').selectOption('task_added');
  await page.waitForFunction(() => [...document.querySelectorAll('.record-row .type')].every((one) => one.textContent.includes('task added')));
  check('a type is a filter', (await positions()).length === tasks.length, await positions());
  await page.reload();
  await page.waitForSelector('.record-row');
  check('which a reload keeps', (await positions()).length === tasks.length && page.url().includes('types=task_added'), page.url());
  await page.locator('.filters select').selectOption('');
  await page.locator('[name="moment"]').fill(`#${planned}`);
  await page.locator('[name="moment"]').press('Enter');
  await page.waitForFunction((wanted) => document.querySelector('.record-row')?.dataset.position === String(wanted), planned);
  check('one can go to a position', (await page.locator('.record h2').innerText()).includes(`#${planned}`));
  await page.locator('[name="moment"]').fill('some day');
  await page.locator('[name="moment"]').press('Enter');
  check('and is told when it is none', (await page.locator('.refused').innerText()).includes('4711'));
  await page.locator('.record a:has-text("Chain of causes")').click();
  await page.waitForSelector('.view-note');
  check('the chain of causes is one click away', page.url().includes(`cause=${planned}`), page.url());
}

/** What happens while somebody reads further down waits, and comes when it is asked for. */
async function follow() {
  await page.goto(`${instance.url}/#/events`);
  await page.waitForSelector('.record-row');
  const first = await agent('update', { ids: [tasks[1]], set: { priority: 'high' } });
  await page.waitForSelector(`.record-row[data-position="${first.position}"]`, { timeout: FOLLOWED_MS_MAX });
  check('a new event appears by itself', true);
  await page.locator('.record-row a').first().focus();
  const second = await agent('update', { ids: [tasks[1]], set: { priority: 'low' } });
  await page.waitForSelector('.pill:has-text("1 new")', { timeout: FOLLOWED_MS_MAX });
  const top = await page.locator('.record-row').first().getAttribute('data-position');
  check('but not under the focus', Number(top) === first.position, top);
  await page.locator('.pill').click();
  await page.waitForSelector(`.record-row[data-position="${second.position}"]`);
}

async function history() {
  await page.goto(`${instance.url}/#/goal/${goal}?tab=history`);
  await page.waitForSelector('.story');
  const told = await page.locator('.stories').innerText();
  check('a command is one line', /browser-test created Paint the bridge and added 3 tasks/.test(told.replace(/\s+/g, ' ')), told);
  await page.getByRole('button', { name: 'Full' }).click();
  await page.waitForSelector('.differences');
  const full = (await page.locator(`.story[data-position="${done}"]`).innerText()).replace(/\s+/g, ' ');
  check('in full each field stands there before and after', /status was in progress → is completed/.test(full), full);
  await page.getByRole('button', { name: 'JSON' }).click();
  const json = JSON.parse(await page.locator(`.story[data-position="${done}"] pre`).first().innerText());
  check('as JSON it is what is stored', json.position === done && json.data.result === 'Bare metal.', json);
  await page.goto(`${instance.url}/#/goal/${goal}/${tasks[2]}?tab=history`);
  await page.waitForFunction(() => document.querySelectorAll('.story').length === 1);
  check('a task has a history of its own', true);
}

async function compare() {
  await page.goto(`${instance.url}/#/goal/${goal}?tab=history&compare=1&from=${planned}&to=${done}`);
  await page.waitForSelector('.compare .differences');
  const told = (await page.locator('.compare').innerText()).replace(/\s+/g, ' ');
  check('two moments differ in what happened between them', told.includes('Scrape') && /status was pending → is completed/.test(told) && !told.includes('Prime'), told);
}

/** Whatever the dialog says instead is worth more than that something was waited for. */
async function dialogUntil(...wanted) {
  await page.waitForSelector(...wanted).catch(async (error) => {
    throw new Error(`${JSON.stringify(await page.locator('.undo').allInnerTexts())}: ${error.message}`);
  });
}

function previewed() {
  return dialogUntil('.undo li');
}

function dialogLeft() {
  return dialogUntil('.undo', { state: 'detached' });
}

async function takeBack() {
  await page.goto(`${instance.url}/#/goal/${goal}?tab=history`);
  const { position } = await agent('update', { ids: [tasks[2]], set: { title: 'Paint it red' } });
  await page.waitForSelector(`.story[data-position="${position}"]`, { timeout: FOLLOWED_MS_MAX });
  const before = (await read('/api/v1/audit?limit=1')).position;
  await page.locator(`.story[data-position="${position}"] button:has-text("Take back")`).click();
  await previewed();
  check('a preview says what it would do', (await page.locator('.undo').innerText()).includes('task retitled'), await page.locator('.undo').innerText());
  check('and does nothing', (await read('/api/v1/audit?limit=1')).position === before);
  const violations = await violationsOf(page);
  check('axe has no objection to it', violations.length === 0, violations);
  await page.locator('.undo .primary').click();
  await dialogLeft();
  await page.waitForSelector(`.story:not([data-position="${position}"]):has-text("Paint it red → Paint")`, { timeout: FOLLOWED_MS_MAX });
  check('the log says that it was taken back', (await read(`/api/v1/goals/${goal}`)).tasks.find(({ id }) => id === tasks[2]).title === 'Paint');

  // Somebody else has changed it since.
  const first = await agent('update', { ids: [tasks[2]], set: { priority: 'high' } });
  await agent('update', { ids: [tasks[2]], set: { priority: 'critical' } });
  await page.locator(`.story[data-position="${first.position}"] button:has-text("Take back")`).click();
  await previewed();
  const said = await page.locator('.undo').innerText();
  check('what is in the way is said, and nothing is done by the way', said.includes('In the way') && (await page.locator('.undo .primary').isDisabled()), said);
  check('in words for people', said.includes('has been given another priority since') && !/force|dry_run|\dZ/.test(said), said);
  await page.keyboard.press('Escape');
  await dialogLeft();
}

async function travel() {
  const shown = async () => same(await tasksOf(page), (await read(`/api/v1/goals/${goal}?as_of=${at}`)).tasks.map(({ id, status, title }) => `${id} ${status} ${title}`));
  let at = planned;
  await page.goto(`${instance.url}/#/goal/${goal}`);
  await page.waitForSelector('.task');
  const now = await tasksOf(page);
  await page.getByRole('button', { name: 'Past' }).click();
  const slider = page.getByRole('slider', { name: 'Position in the log' });
  await slider.waitFor();
  await slider.fill(String(planned));
  await page.waitForFunction((count) => document.querySelectorAll('.task[data-state="pending"]').length === count, tasks.length);
  check('the goal is as it was then', await shown(), await tasksOf(page));
  check('the moment stands in the URL', page.url().includes(`at=${planned}`), page.url());
  check('and is said', (await page.locator('.moment').innerText()).includes(`#${planned}`), await page.locator('.moment').innerText());
  check('nothing can be changed there', (await page.locator('.task-main').count()) > 0 && (await page.getByRole('button', { name: /^New/ }).count()) === 0);

  await slider.focus();
  for (let step = planned; step < done; step += 1) await page.keyboard.press('ArrowRight');
  at = done;
  await page.waitForSelector(`.task[data-id="${tasks[0]}"][data-state="completed"]`);
  check('the arrows step through the log', (await shown()) && page.url().includes(`at=${done}`), page.url());
  const { position } = await agent('update', { ids: [tasks[1]], set: { title: 'Prime twice' } });
  await untilTold(page, position);
  check('the log goes on meanwhile, and the moment stays', (await shown()) && (await wordsOf(page.locator('.entry'))).includes('Prime twice'), await tasksOf(page));

  await page.getByRole('button', { name: 'Play from here' }).click();
  await page.waitForFunction((end) => document.querySelector('.moment input[type=range]')?.value === String(end), position);
  at = position;
  await page.waitForSelector('.task-title:has-text("Prime twice")');
  check('it plays to the end', await shown(), await tasksOf(page));

  await page.goto(`${instance.url}/#/goal/${goal}?at=1`);
  await page.waitForSelector('.moment');
  const time = new Date((await read(`/api/v1/events/${done}`)).at).toISOString();
  const [last] = (await read(`/api/v1/audit?until=${time}&limit=1`)).events;
  await page.locator('.moment [name="moment"]').fill(time);
  await page.locator('.moment [name="moment"]').press('Enter');
  await page.waitForFunction((wanted) => location.hash.includes(`at=${wanted}`), last.position);
  check('a time leads to what had happened by then', last.position > 1, last);
  await page.getByRole('button', { name: 'Back to now' }).click();
  await page.waitForSelector('.task-title:has-text("Prime twice")');
  const back = await tasksOf(page);
  check('and back to now', back.length === now.length && !page.url().includes('at=') && (await page.locator('.moment').count()) === 0, back);
}

/** Standing in the past asks for nothing. */
async function idle() {
  await page.goto(`${instance.url}/#/events?at=${done}`);
  await page.waitForSelector('.record-row');
  await untilQuiet(page);
  page.requests.length = 0;
  await page.waitForTimeout(5_000);
  check('a view of the past makes no request in 5 s', page.requests.length === 0, page.requests);
}

async function accessibility() {
  const places = [
    ['events', `#/events?p=${done}`, '.record'],
    ['history', `#/goal/${goal}?tab=history&as=full&compare=1&from=${planned}`, '.compare .differences'],
    ['time travel', `#/goal/${goal}?at=${done}`, '.task'],
  ];
  for (const [name, hash, there] of places) await judge(browser, name, `${instance.url}/${hash}`, there);
  check('no error and no refused content', page.problems.length === 0, page.problems);
}
