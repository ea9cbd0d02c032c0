// The board inside a chat, in a client that shows pages of MCP Apps, in front of the whole system.
//
//   GOALSTREAM_BIN=target/debug/goalstream GOALSTREAM_CHROMIUM=/usr/bin/chromium node chat.mjs

import { clientOf } from './support/agent.mjs';
import { tasksOf, violationsOf } from './support/browser.mjs';
import { openChat, tell } from './support/chat.mjs';
import { check, same } from './support/checks.mjs';
import { play, stage } from './support/stage.mjs';

const URI = 'ui://goalstream/board';
const MIME_TYPE = 'text/html;profile=mcp-app';
const HOSTILE = '<script>parent.hurt = true</script><img src=x onerror="parent.hurt = true">';

const scene = await stage();
const { browser, instance, agent } = scene;
const text = clientOf(instance.url);
const client = clientOf(instance.url, { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: [MIME_TYPE] } } });
const call = (params) => client('tools/call', params);
let board, made, page, app;

await play(scene, { offered, drawn, refreshed, opened, accessibility, narrow, 'read without asking': readWithoutAsking, 'many tasks': manyTasks, refusals, quiet });

/** Who can show it is told of it; who cannot is not. */
async function offered() {
  const uris = async (as) => (await as('tools/list', {})).tools.filter(({ _meta }) => _meta).map(({ name, _meta }) => `${name} ${_meta.ui.resourceUri}`);
  check('three tools have the board beside them', (await uris(client)).join() === ['create_goal', 'get', 'plan'].map((name) => `${name} ${URI}`).join(), await uris(client));
  check('a client that shows no pages is told of none', (await uris(text)).length === 0, await uris(text));
  const { contents } = await client('resources/read', { uri: URI });
  [board] = contents;
  check('the page is one file of its kind', board.mimeType === MIME_TYPE && board.text.startsWith('<!doctype html>') && !/(src|href)="\//.test(board.text), board.mimeType);
}

/** The answer of create_goal names the goal; the page reads it through the client. */
async function drawn() {
  const tasks = [{ title: 'Scrape', key: 'a' }, { title: 'Prime', key: 'b', after: ['a'] }, { title: HOSTILE, key: 'c', after: ['b'] }];
  const args = { title: 'Paint the bridge', tags: ['steel'], tasks };
  const answer = await call({ name: 'create_goal', arguments: args });
  made = answer.structuredContent;
  page = await openChat(browser, board, call);
  ({ app } = page);
  await tell(page, 'ui/notifications/tool-input', { arguments: args });
  await tell(page, 'ui/notifications/tool-result', answer);
  await app.waitForSelector('.task');
  const lines = await tasksOf(app);
  check('the tasks of the goal are drawn', same(lines, [`${made.ids.a} pending Scrape`, `${made.ids.b} pending Prime`, `${made.ids.c} pending ${HOSTILE}`]), lines);
  check('its title, too', (await app.locator('h1').innerText()) === 'Paint the bridge');
  const calls = await said('tools/call');
  check('it asked for the goal once', calls.length === 1 && calls[0].params.name === 'get', calls);
  await page.waitForFunction(() => document.querySelector('iframe').contentWindow && window.said.some(({ method }) => method === 'ui/notifications/size-changed'));
  check('the frame is as high as the page in it', await isWhole(), await heights());
  check('a hostile title is text', !(await page.evaluate(() => window.hurt)));
}

/** Somebody else completes a task; the board shows it when it is asked to. */
async function refreshed() {
  const { fence, position } = await agent('claim', { id: made.ids.a });
  await agent('complete', { id: made.ids.a, fence, result: 'Bare metal.' });
  await app.getByRole('button', { name: 'Refresh' }).click();
  await app.waitForSelector(`.task[data-id="${made.ids.a}"][data-state="completed"]`);
  const shown = Number((await app.locator('.position').innerText()).replace(/\D/g, ''));
  check('it says which position it shows', shown > position, { shown, position });
  check('progress has moved', /33%\s*1 of 3 done/.test(await app.locator('.meter').innerText()), await app.locator('.meter').innerText());
}

async function opened() {
  await app.locator(`.task[data-id="${made.ids.b}"] .task-main`).click();
  await app.waitForSelector('.task.open .detail');
  const after = app.locator('.detail .links a');
  check('an open task shows what it comes after', (await after.innerText()).includes('Scrape'), await after.innerText());
  await after.click();
  await app.waitForSelector(`.task.open[data-id="${made.ids.a}"]`);
  check('a link leads to that task', (await app.locator('.detail').innerText()).includes('Bare metal.'));
  check('and the frame grew with it', await isWhole(), await heights());
}

async function accessibility() {
  const ground = () => app.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const grounds = [];
  for (const theme of ['light', 'dark']) {
    await tell(page, 'ui/notifications/host-context-changed', { theme });
    await app.waitForFunction((theme) => document.documentElement.style.colorScheme === theme, theme);
    grounds.push(await ground());
    const violations = await violationsOf(app);
    check(`nothing to object to when it is ${theme}`, violations.length === 0, violations);
  }
  check('it is as dark as the client', grounds[0] !== grounds[1], grounds);
  await tell(page, 'ui/notifications/host-context-changed', { styles: { variables: { '--color-background-primary': 'rgb(1, 2, 3)' } } });
  await app.waitForFunction(() => getComputedStyle(document.body).backgroundColor === 'rgb(1, 2, 3)');
  check('and has its colours', true);
}

async function narrow() {
  await page.setViewportSize({ width: 360, height: 740 });
  const over = await app.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check('nothing is wider than a telephone', over <= 0, over);
  await page.waitForFunction(() => true);
  check('the frame is still as high as the page in it', await isWhole(), await heights());
  await page.setViewportSize({ width: 800, height: 900 });
}

/** A client that lets pages call nothing: what the answer itself brings is shown, and nothing offers to read it again. */
async function readWithoutAsking() {
  const still = await openChat(browser, board, () => {
    throw new Error('it called');
  }, { host: { hostCapabilities: {} } });
  const args = { ids: [made.goal], include: ['tree'] };
  await tell(still, 'ui/notifications/tool-input', { arguments: args });
  await tell(still, 'ui/notifications/tool-result', await call({ name: 'get', arguments: args }));
  await still.app.waitForSelector('.task');
  check('a whole goal needs no second call', (await tasksOf(still.app)).length === 3 && (await still.app.getByRole('button', { name: 'Refresh' }).count()) === 0);
  await still.context().close();
}

/** More than one answer holds, and more than a chat should be long. */
async function manyTasks() {
  const many = await call({ name: 'create_goal', arguments: { title: 'A large one', tasks: Array.from({ length: 300 }, (_, at) => ({ title: `Task number ${at} of the large goal` })) } });
  await tell(page, 'ui/notifications/tool-result', many);
  await app.waitForSelector('h1:has-text("A large one")');
  await app.waitForSelector('.more');
  check('a large goal begins with its first tasks', (await app.locator('.task').count()) === 40 && (await app.locator('.more').innerText()) === '260 more tasks', await app.locator('.more').innerText());
  await app.locator('.more').click();
  check('and shows more when asked', (await app.locator('.task').count()) === 240);
}

async function refusals() {
  await tell(page, 'ui/notifications/tool-result', await call({ name: 'get', arguments: { ids: ['GOAL-9999'] } }));
  const note = await app.locator('[role="alert"]').innerText();
  check('a refusal is shown in its own words', note.includes('GOAL-9999'), note);
}

function quiet() {
  const requests = [...new Set(page.requests)].sort();
  check('it asks the network for nothing', requests.join() === 'https://chat.test/,https://sandbox.test/', requests);
  check('no error and no refused content', page.problems.length === 0, page.problems);
}

/** What the app said by this method. */
async function said(method) {
  return (await page.evaluate(() => window.said)).filter((message) => message.method === method);
}

/** Whether nothing in the frame has to be scrolled to, once the app has said how high it is. */
async function isWhole() {
  return app.waitForFunction(() => document.documentElement.scrollHeight <= innerHeight, null, { timeout: 5_000 }).then(() => true, () => false);
}

async function heights() {
  return app.evaluate(() => ({ content: document.documentElement.scrollHeight, frame: innerHeight }));
}
