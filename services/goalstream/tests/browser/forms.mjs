// Everything that a form may be answered wrongly: the reason stands beside the field, which has the focus, and nothing is stored.
//
//   GOALSTREAM_BIN=target/debug/goalstream GOALSTREAM_CHROMIUM=/usr/bin/chromium node forms.mjs

import { openPage } from './support/browser.mjs';
import { check, same } from './support/checks.mjs';
import { answer, leave, openTask } from './support/hands.mjs';
import { plan, play, stage } from './support/stage.mjs';

/** One more than each may have. */
const [TITLE, TAG, NAME, NOTE, TEXT] = [201, 51, 201, 16 * 1024 + 1, 64 * 1024 + 1].map((length) => 'x'.repeat(length));
const MANY_TAGS = Array.from({ length: 51 }, (_, number) => `t${number}`).join();
const MANY_LINES = (count) => Array.from({ length: count + 1 }, (_, number) => `line ${number}`).join('\n');

/** What is common to whatever is made or edited. */
const WORDS = [
  ['title', '', 'must not be empty'],
  ['title', '   ', 'must not be empty'],
  ['title', TITLE, 'at most 200'],
  ['description', TEXT, 'at most'],
  ['tags', TAG, 'at most 50'],
  ['tags', MANY_TAGS, 'at most 50'],
];
/** Where the form is, the key that opens it, what else is filled in, and each wrong answer: the field, what it is given, a word of the reason. */
const FORMS = [
  ['a new goal', 'goals', 'c', { title: 'Fine' }, [...WORDS, ['tasks', TITLE, 'at most 200']]],
  ['a new task', 'task', 'c', { title: 'Fine' }, [...WORDS, ['estimate', 'soon', 'soon'], ['estimate', '-5', '-5'], ['estimate', '9999999h', 'too long'], ['accept', NOTE, 'at most'], ['accept', MANY_LINES(100), '100']]],
  ['a goal', 'goal', 'e', {}, [...WORDS, ['assignee', NAME, 'at most 200']]],
  ['a task', 'task', 'e', {}, [...WORDS, ['assignee', NAME, 'at most 200'], ['estimate', 'soon', 'soon'], ['estimate', '-5', '-5']]],
  ['a status', 'task', 's', { status: 'blocked' }, [['why', NOTE, 'at most']]],
  ['a completion', 'task', 'd', {}, [['result', NOTE, 'at most'], ['evidence', NOTE, 'at most'], ['evidence', MANY_LINES(50), '50']]],
  ['a comment', 'task', 'm', {}, [['body', '', 'must not be empty'], ['body', '  ', 'must not be empty'], ['body', TEXT, 'at most']]],
];

const scene = await stage();
const { browser, instance, agent } = scene;
let goal, task, page, before;

await play(scene, { 'setting up': setUp, ...Object.fromEntries(FORMS.map((form) => [form[0], () => refuses(...form)])), 'half a date': halfADate, 'in place': inPlace, 'who you are': whoYouAre, 'the name of a filter': filterName, nothing });

async function setUp() {
  ({ goal, tasks: [task] } = await plan(agent, { title: 'Paint the bridge', tasks: [{ title: 'Scrape' }] }));
  page = await openPage(browser, instance.url);
  before = (await touch()).position;
}
/** A change that says where the log ends. */
function touch() {
  return agent('comment', { id: goal, body: 'Nothing between two of these.' });
}

async function go(place) {
  if (place === 'task') return openTask(page, instance.url, goal, task);
  await page.goto(`${instance.url}/#/${place === 'goal' ? `goal/${goal}` : ''}`);
  await page.waitForSelector(place === 'goal' ? '.goal-head' : '.goals');
}

async function refuses(what, place, key, others, cases) {
  await go(place);
  for (const [field, value, says] of cases) {
    await page.keyboard.press(key);
    await answer(page, { ...others, [field]: value });
    await isSaidAt(field, says, `${what} with the ${field} ${value.length > 30 ? `of ${value.length} characters` : `"${value}"`}`);
    await leave(page);
  }
}

/** The reason is inside the field, which is marked, described by it and has the focus. */
async function isSaidAt(field, says, what) {
  const seen = await page.waitForSelector('.wrong').then((wrong) =>
    wrong.evaluate((wrong) => {
      const control = wrong.closest('.field')?.querySelector('[name]');
      return { text: wrong.innerText, field: control?.name, isMarked: control?.ariaInvalid === 'true', isDescribed: control?.getAttribute('aria-describedby') === wrong.id, hasFocus: document.activeElement === control };
    }),
  );
  check(`${what} is refused there: ${seen.text.slice(0, 60)}`, seen.text.includes(says) && same({ ...seen, text: '' }, { text: '', field, isMarked: true, isDescribed: true, hasFocus: true }), seen);
}

/** A date of which only a part was typed is no empty one. */
async function halfADate() {
  for (const [place, key] of [['goals', 'c'], ['task', 'e']]) {
    await go(place);
    await page.keyboard.press(key);
    await page.fill('.form [name="title"]', 'Fine');
    await page.locator('.form [name="due"]').press('1');
    await page.locator('.form .primary').click();
    await isSaidAt('due', 'not a whole date', `half a date after ${key}`);
    await leave(page);
  }
}

async function inPlace() {
  const cases = [...WORDS, ['assignee', NAME, 'at most 200']];
  for (const [id, path, also] of [[goal, `goal/${goal}`, []], [task, `list?peek=${task}`, [['estimate', 'soon', 'soon']]]]) {
    await page.goto(`${instance.url}/#/${path}`);
    for (const [field, value, says] of [...cases, ...also]) {
      await page.locator(`[data-edit="${id} ${field}"]`).click();
      await page.fill('.in-place [name]', value);
      await page.keyboard.press('Control+Enter');
      await isSaidAt(field, says, `in place, the ${field} of ${id} with ${value.length} characters`);
      await page.keyboard.press('Escape');
      await page.waitForSelector('.in-place', { state: 'detached' });
    }
  }
}

async function whoYouAre() {
  await page.locator('.bar .who').click();
  await answer(page, { name: ' ' });
  await isSaidAt('name', 'must not be empty', 'no name');
  await leave(page);
}

async function filterName() {
  await page.goto(`${instance.url}/#/list`);
  await page.locator('.chip.add').click();
  await page.fill('[name="filter-name"]', '  ');
  await page.keyboard.press('Enter');
  const wrong = await page.locator('.naming .wrong').innerText();
  check('a filter without a name is refused', wrong.includes('needs a name') && (await page.evaluate(() => localStorage.getItem('goalstream.filters'))) === null, wrong);
}

async function nothing() {
  const { position } = await touch();
  check('nothing of all that was stored', position === before + 1, [before, position]);
  check('no error and no refused content in the page', page.problems.length === 0, page.problems);
}
