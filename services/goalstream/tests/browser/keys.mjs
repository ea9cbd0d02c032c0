// Every key of the sheet behind `?`, pressed, and what it does: a row of the sheet without a trial here fails, and so does a trial without a row.
//
//   GOALSTREAM_BIN=target/debug/goalstream GOALSTREAM_CHROMIUM=/usr/bin/chromium node keys.mjs

import { openPage, untilLive } from './support/browser.mjs';
import { check, same } from './support/checks.mjs';
import { answer, dismissAll, focusOf, leave, seenThat, told } from './support/hands.mjs';
import { plan, play, stage } from './support/stage.mjs';

/** More rows than a table shows. */
const FILLERS = 60;
/** What is written on the sheet, as the browser's driver calls it. */
const NAMES = { '↓': 'ArrowDown', '↑': 'ArrowUp', '←': 'ArrowLeft', '→': 'ArrowRight', Esc: 'Escape', 'Page Down': 'PageDown', 'Page Up': 'PageUp', 'Ctrl K': 'Control+k', 'Ctrl Enter': 'Control+Enter' };
const nameOf = (key) => NAMES[key] ?? (key.startsWith('Shift ') ? `Shift+${nameOf(key.slice(6))}` : key);

/** By what the sheet says: presses the key and answers whether that came of it. */
const TRIALS = {
  'next row': async (key) => (await onGoal(0), await press(key), (await focusOf(page)) === goals[1]),
  'previous row': async (key) => (await onGoal(1), await press(key), (await focusOf(page)) === goals[0]),
  'fold; column before': async (key) => {
    await onTask(0);
    await press(key);
    await page.waitForSelector(`.task[data-id="${tasks[1]}"]`, { state: 'detached' });
    return beside(tasks[3], key, tasks[0]);
  },
  'unfold; column after': async (key) => {
    await onTask(0);
    await press('ArrowLeft', key);
    await page.waitForSelector(`.task[data-id="${tasks[1]}"]`);
    return beside(tasks[2], key, tasks[3]);
  },
  'first row of the list': async (key) => (await inList(), await press('End', key), (await at()) === 0),
  'last row of the list': async (key) => (await inList(), await press(key), (await at()) === rows - 1),
  'a page down the list': async (key) => (await inList(), await press(key), (await at()) > 5),
  'a page up the list': async (key) => (await inList(), await press('End', key), (await at()) < rows - 5),
  open: async (key) => {
    await onGoal(1);
    await press(key);
    await page.waitForSelector('.goal-head');
    const opened = page.url().endsWith(`/goal/${goals[1]}`);
    await inList();
    await press(key);
    await page.waitForSelector('.task.open');
    return opened;
  },
  peek: async (key) => (await inList(), await press(key), await page.waitForSelector('.peek h2'), await press(key), await gone('.peek')),
  back: async (key) => {
    await onTask(2);
    await press('Enter');
    await page.waitForSelector('.task.open');
    await press(key);
    await gone('.task.open');
    await press(key);
    return gone('.goal-view');
  },
  'commands and search': async (key) => (await onGoal(0), await press(key), await page.waitForSelector('.palette[open]'), await press('Escape'), await gone('.palette')),
  filter: async (key) => (await onGoal(0), await press(key), page.evaluate(() => document.activeElement.matches('.goals .filter'))),
  'new task or goal': async (key) => (await onGoal(0), await asks(key, 'New goal')) && (await onTask(2), await asks(key, `New task in ${goal}`)),
  edit: async (key) => (await onTask(2), await asks(key, `Edit ${tasks[2]}`)),
  'edit the title in place': async (key) => {
    await onTask(2);
    await press(key);
    await page.waitForSelector(`.task.open[data-id="${tasks[2]}"] .line [name="title"]:focus`);
    await press('Escape');
    return (await focusOf(page)) === tasks[2] && gone('.in-place');
  },
  'set the status': async (key) => (await onTask(2), await asks(key, `Status of ${tasks[2]}`)),
  'claim, give back': async (key) => {
    await onTask(2);
    await press(key);
    await page.waitForSelector(`.task[data-id="${tasks[2]}"] .claim`);
    await told(page, 'is yours');
    await press(key);
    return gone(`.task[data-id="${tasks[2]}"] .claim`);
  },
  complete: async (key) => (await onTask(2), await asks(key, `Complete ${tasks[2]}`)),
  comment: async (key) => (await onTask(2), await asks(key, `Comment on ${tasks[2]}`)),
  'move a card to the left': async (key) => (await onCard(tasks[3]), await press(key), await cardIn('pending', tasks[3]), (await focusOf(page)) === tasks[3]),
  'move a card to the right': async (key) => (await onCard(tasks[3]), await press(key), await cardIn('in_progress', tasks[3]), (await focusOf(page)) === tasks[3]),
  'send what is written': async (key) => {
    await onTask(2);
    await press('m');
    await page.fill('.form [name="body"]', 'Sent by a key.');
    await press(key);
    await page.waitForSelector('.entry:has-text("Sent by a key.")');
    return gone('dialog.form');
  },
  'undo what you just did': async (key) => {
    await onTask(2);
    await press('s');
    await answer(page, { status: 'in_review' });
    await gone('dialog.form');
    await page.waitForSelector(`.task[data-id="${tasks[2]}"][data-state="in_review"]`);
    await press(key);
    return Boolean(await page.waitForSelector(`.task[data-id="${tasks[2]}"][data-state="pending"]`));
  },
  select: async (key) => (await inList(), await press(key), (await selected()) === 1),
  'the next as well': async (key) => (await inList(), await press('x', key), (await selected()) === 2),
  'the previous as well': async (key) => (await inList(), await press('j', 'j', 'x', key), (await selected()) === 2),
  'all from the first': async (key) => (await inList(), await press('j', 'j', key), (await selected()) === 3),
  'all to the last': async (key) => (await inList(), await press(key), (await selected()) === rows),
  'larger graph': async (key) => (await inGraph(), await zooms(key, (before, after) => after > before)),
  'smaller graph': async (key) => (await inGraph(), await zooms(key, (before, after) => after < before)),
  'fit the graph in': async (key) => {
    await inGraph();
    await press('+', '+', '+', key);
    return page.locator('.canvas').evaluate((one) => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight);
  },
  'pause the activity': async (key) => {
    await onGoal(0);
    await press(key);
    await page.waitForSelector('.activity button:has-text("Resume")');
    await press(key);
    return Boolean(await page.waitForSelector('.activity button:has-text("Pause")'));
  },
  'these keys': async (key) => (await onGoal(0), await press(key), await page.waitForSelector('dialog.keys[open]'), await press('Escape'), (await page.locator('dialog.keys[open]').count()) === 0),
};

const scene = await stage();
const { browser, instance, agent } = scene;
let goal, goals, tasks, page, rows;

await play(scene, { 'setting up': setUp, sheet, 'what is peeked at': peeked, 'about nothing': unheard, 'before the rest of the page': early, 'on a telephone': telephone, 'in the past': inThePast, 'no error': () => check('no error and no refused content in the page', page.problems.length === 0, page.problems) });

/** A task with one below it, one that waits to be done and one that is at work; and many others. */
async function setUp() {
  const filler = await plan(agent, { title: 'A long list', tasks: Array.from({ length: FILLERS }, (_, number) => ({ title: `Filler ${number}` })) });
  ({ goal, tasks } = await plan(agent, { title: 'Paint the bridge', tasks: [{ title: 'Scaffold', subtasks: [{ title: 'Poles' }] }, { title: 'Scrape' }, { title: 'Prime' }] }));
  await agent('update', { ids: [tasks[3]], set: { status: 'in_progress' } });
  await agent('get', { ids: [goal] });
  [goals, rows] = [[goal, filler.goal], FILLERS + tasks.length];
  page = await openPage(browser, instance.url);
}

/** Every row, by each of its keys; those of the views lead there. */
async function sheet() {
  await page.keyboard.press('?');
  const written = await page.locator('dialog.keys dt').evaluateAll((all) => all.map((one) => ({ keys: [...one.querySelectorAll('kbd')].map((key) => key.innerText), what: one.nextElementSibling.innerText })));
  await page.keyboard.press('Escape');
  const [views, others] = [written.filter(({ keys }) => keys[0] === 'g'), written.filter(({ keys }) => keys[0] !== 'g')];
  check('each row of the sheet is tried, and no other', same(others.map(({ what }) => what).sort(), Object.keys(TRIALS).sort()), others);
  for (const { keys, what } of others) {
    for (const key of keys) {
      const holds = await TRIALS[what](nameOf(key)).catch((error) => error.message);
      check(`${key}: ${what}`, holds === true, holds);
      await settle();
    }
  }
  for (const { keys, what } of views) {
    await press(...keys);
    const there = what.toLowerCase();
    await page.waitForSelector(`main[data-view="${there}"]`);
    check(`${keys.join(' ')}: ${what}`, views.length >= 11 && page.url().endsWith(there === 'goals' ? '#/' : `#/${there}`), page.url());
  }
}

/** What one trial did is over before the next begins. */
async function settle() {
  if ((await page.locator('dialog.form').count()) > 0) await leave(page);
  await dismissAll(page);
}

/** What is pressed before the code of it is there waits for that; where it does not come, that is said. */
async function early() {
  const hasty = await openPage(browser, instance.url);
  const opens = async (act, there) => {
    let go;
    await hasty.route('**/assets/rest-*.js', async (route) => (await new Promise((resolve) => (go = resolve)), route.continue()));
    await hasty.reload();
    await untilLive(hasty);
    await act();
    const before = await hasty.locator(there).count();
    await seenThat(() => go, Boolean);
    go();
    await hasty.waitForSelector(there);
    await hasty.unroute('**/assets/rest-*.js');
    return before === 0;
  };
  check('a form whose key comes early', await opens(() => hasty.keyboard.press('c'), 'dialog.form[open] h2:has-text("New goal")'));
  check('the palette whose key comes early', await opens(() => hasty.keyboard.press('Control+k'), '.palette[open]'));
  check('the palette whose button comes early', await opens(() => hasty.locator('.find').click(), '.palette[open]'));
  check('a key that needs something and comes early', await opens(() => hasty.keyboard.press('x'), '.toast:has-text("Tasks are selected in the table")'));
  await hasty.route('**/assets/rest-*.js', (route) => route.abort());
  await hasty.reload();
  const said = await (await hasty.waitForSelector('.not-loaded')).innerText();
  check('what cannot be loaded is said', said.includes('What can be done here could not be loaded'), said);
  await hasty.unroute('**/assets/rest-*.js');
  await hasty.locator('.not-loaded button').click();
  await hasty.waitForSelector('.toasts', { state: 'attached' });
  await hasty.context().close();
}

async function press(...keys) {
  for (const key of keys) await page.keyboard.press(key);
}
async function gone(selector) {
  await page.waitForSelector(selector, { state: 'detached' });
  return true;
}
/** A form of this title; it is closed again. */
async function asks(key, title) {
  await press(key);
  const said = await (await page.waitForSelector('dialog.form[open] h2')).innerText();
  await leave(page);
  return said === title || said;
}
async function to(hash, there) {
  await page.goto(`${instance.url}/#/${hash}`);
  await page.waitForSelector(there);
}
async function onGoal(number) {
  await to('', '.goals .goal');
  await page.locator(`.goal[data-id="${goals[number]}"] a`).focus();
}
async function onTask(number) {
  await to(`goal/${goal}`, '.task-list .task');
  await page.locator(`.task[data-id="${tasks[number]}"] .task-main`).focus();
}
/** At the first row, with none selected. */
async function inList() {
  await to('', '.goals');
  await to('list', '.body .row');
  await page.waitForFunction((rows) => document.querySelector('.table').ariaRowCount === String(rows + 1), rows);
  await page.locator('.table').focus();
}
async function onCard(id) {
  await to(`board?goal=${goal}`, `.card[data-id="${id}"]`);
  await page.locator(`.card[data-id="${id}"] > a`).focus();
}
async function cardIn(status, id) {
  await page.waitForSelector(`.cards[data-status="${status}"] .card[data-id="${id}"]`);
  await page.waitForFunction((id) => document.activeElement.closest('.card')?.dataset.id === id, id);
  await told(page, `${id} is`);
}
/** From one card a key leads to the one in the next column. */
async function beside(from, key, wanted) {
  await onCard(from);
  await press(key);
  return (await focusOf(page)) === wanted;
}
async function inGraph() {
  await to(`goal/${goal}?tab=graph`, '.node');
  await page.locator('.node a').first().focus();
}
async function zooms(key, holds) {
  const percent = async () => Number((await page.locator('.zoom .button').nth(1).innerText()).replace('%', ''));
  const before = await percent();
  await press(key);
  return holds(before, await percent());
}
/** The row that is meant, from 0. */
async function at() {
  return seenThat(() => page.evaluate(() => Number(document.getElementById(document.querySelector('.table').getAttribute('aria-activedescendant'))?.ariaRowIndex) - 2), (row) => row >= 0);
}
async function selected() {
  return Number((await page.locator('.batch b').innerText()).split(' ')[0]);
}

/** Beside the list and beside the board, the keys are about what is peeked at, wherever the focus is. */
async function peeked() {
  for (const view of ['list', 'board']) {
    await to(`${view}?peek=${tasks[2]}`, '.peek h2');
    for (const where of ['the page', 'the peek']) {
      if (where === 'the peek') await page.locator('.peek .deeds button').first().focus();
      else await page.evaluate(() => document.activeElement.blur());
      for (const [key, title] of [['e', 'Edit'], ['s', 'Status of'], ['d', 'Complete'], ['m', 'Comment on']]) {
        const said = await asks(key, `${title} ${tasks[2]}`);
        check(`${key} beside the ${view}, from ${where}`, said === true, said);
      }
    }
    await press('i');
    await page.waitForSelector('.peek .detail:has-text("Claimed by")');
    await told(page, 'is yours');
    await press('z');
    await page.waitForSelector('.peek .detail:has-text("Claimed by")', { state: 'detached' });
    check(`i and z beside the ${view}`, true);
    await press('Escape');
    await gone('.peek');
    await dismissAll(page);
  }
}

/** Where a key has nothing to be about, it is said what it needs. */
async function unheard() {
  const [subject, list, table, graph] = ['Choose a task or a goal first', 'There is no list here', 'Tasks are selected in the table', 'for the graph of a goal'];
  const needs = { e: subject, s: subject, F2: subject, i: subject, d: subject, m: subject, j: list, k: list, x: table, 'Shift+Home': table, '+': graph, 0: graph, '/': 'There is no filter here' };
  await to('now', '.numbers dd');
  for (const [key, text] of Object.entries(needs)) {
    await press(key);
    const said = await told(page, text);
    check(`${key} about nothing says politely what it needs`, (await page.locator(`[role="status"] .toast:has-text("${text}")`).count()) === 1, said);
    await dismissAll(page);
  }
  const fresh = await openPage(browser, `${instance.url}/#/`);
  await fresh.keyboard.press('z');
  check('z says when there is nothing to take back', (await told(fresh, 'nothing yet')).includes('taken back'));
  await fresh.context().close();
}

/** Where the sheet does not fit, it begins where one reads, and closes without scrolling. */
async function telephone() {
  const phone = await openPage(browser, `${instance.url}/#/`, { viewport: { width: 360, height: 740 } });
  await phone.keyboard.press('?');
  await phone.waitForSelector('dialog.keys[open]');
  const sheet = await phone.locator('dialog.keys').evaluate(({ scrollTop, scrollHeight, clientHeight }) => ({ scrollTop, isLonger: scrollHeight > clientHeight }));
  check('the sheet begins at its top', sheet.isLonger && sheet.scrollTop === 0, sheet);
  await phone.locator('dialog.keys [aria-label="Close"]').click();
  check('and closes there', (await phone.locator('dialog.keys[open]').count()) === 0);
  await phone.context().close();
}

/** What would write says why it does not. */
async function inThePast() {
  const { position } = await agent('comment', { id: goal, body: 'Then.' });
  const refuses = async (where, there, keys) => {
    for (const key of keys) {
      await page.locator(there).focus();
      await press(key);
      const said = await told(page, 'What is past cannot be changed');
      check(`${key} ${where} says why it does nothing`, said.includes('Go back to now'), said);
      await dismissAll(page);
    }
  };
  await to(`goal/${goal}?at=${position}`, '.task-list .task');
  await refuses('in a goal as it was', `.task[data-id="${tasks[2]}"] .task-main`, ['c', 'e', 'F2', 's', 'i', 'd', 'm', 'z']);
  await to(`list?at=${position}`, '.body .row');
  await refuses('in the list as it was', '.table', ['e', 's', 'i', 'd', 'm', 'z']);
  await to(`board?goal=${goal}&at=${position}`, `.card[data-id="${tasks[3]}"]`);
  await refuses('on the board as it was', `.card[data-id="${tasks[3]}"] > a`, ['e', 's', 'Shift+ArrowRight', 'Shift+ArrowLeft', 'z']);
  const after = await agent('comment', { id: goal, body: 'Now.' });
  check('and nothing was written', after.position === position + 1, [position, after.position]);
  await to(`?at=${position}`, '.goals .goal');
  check('the filter of the past says what it looks at', (await page.locator('.goals .filter').getAttribute('aria-label')).includes('read so far'));
}
