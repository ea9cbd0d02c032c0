// The same page over TLS, where browsers speak HTTP/2: live, acting, and through a restart.
//
//   GOALSTREAM_BIN=target/debug/goalstream GOALSTREAM_CHROMIUM=/usr/bin/chromium node secure.mjs

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { isUnbroken, openPage, positionsOf, untilLive, untilNotLive, untilTold } from './support/browser.mjs';
import { check } from './support/checks.mjs';
import { answer } from './support/hands.mjs';
import { freePort } from './support/instance.mjs';
import { plan, play, stage } from './support/stage.mjs';

/** How long the stream may take to tell of something. */
const FRAME_MS_MAX = 60_000;

const folder = await mkdtemp(join(tmpdir(), 'goalstream-tls-'));
const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { algorithm: 'sha256' });
await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key)]);

const address = `127.0.0.1:${await freePort()}`;
const url = `https://${address}`;
const tls = ['--tls-listen', address, '--tls-cert', certFile, '--tls-key', keyFile];
const scene = await stage({ browser: ['--ignore-certificate-errors'], instance: tls });
const { browser, instance, agent } = scene;
let made, page;

await play(scene, { 'HTTP/2 from the first byte': live, acting, 'the stream over HTTP/2': stream, 'a WebSocket': webSocket, 'a restart': restart, problems });
await rm(folder, { recursive: true, force: true });

async function live() {
  made = await plan(agent, { title: 'Paint the bridge', tasks: [{ title: 'Scrape' }, { title: 'Prime' }] });
  page = await openPage(browser, `${url}/#/goal/${made.goal}`);
  await page.evaluate(() => (globalThis.loadedOnce = true));
  const protocols = await page.evaluate(() =>
    [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].map(({ name, nextHopProtocol }) => [name, nextHopProtocol]),
  );
  check('everything came over HTTP/2', protocols.length > 3 && protocols.every(([, protocol]) => protocol === 'h2'), protocols);
  check('and the page may use what browsers keep for safe places', await page.evaluate(() => isSecureContext));
}

async function acting() {
  await page.locator('.bar .who').click();
  await answer(page, { name: 'Mara' });
  await page.waitForSelector('.bar .who:has-text("Mara")');
  await page.locator(`.task[data-id="${made.tasks[0]}"] .task-main`).focus();
  await page.keyboard.press('i');
  await page.waitForSelector(`.task[data-id="${made.tasks[0]}"] .holder:has-text("Mara")`);
  check('a claim from the page is taken', true);
}

async function stream() {
  const session = connect(url, { ca: cert, servername: 'localhost' });
  try {
    const events = session.request({ ':path': '/events', accept: 'text/event-stream' });
    events.setEncoding('utf8').setTimeout(FRAME_MS_MAX, () => events.destroy(new Error('no frame came')));
    let told = '';
    const untilSaid = async (wanted) => {
      for await (const part of events.iterator({ destroyOnReturn: false })) {
        told += part;
        if (told.includes(wanted)) return;
      }
      throw new Error(`the stream ended without ${wanted}`);
    };
    await untilSaid('event: hello');
    await agent('comment', { id: made.tasks[1], body: 'Two coats will do.' });
    await untilSaid('Two coats will do.');
    check('a frame comes while the stream is open', true);
  } finally {
    session.destroy();
  }
}

/** Which the browser opens over HTTP/1.1, since HTTP/2 is not offered for it. */
async function webSocket() {
  const first = await page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`wss://${location.host}/watch?since=0`);
        socket.onmessage = ({ data }) => (socket.close(), resolve(JSON.parse(data)));
        socket.onerror = () => reject(new Error('the socket failed'));
      }),
  );
  check('a WebSocket tells the first event', first.position === 1, first);
}

async function restart() {
  await instance.stop();
  await untilNotLive(page);
  await instance.up(...tls);
  await untilLive(page);
  const { position } = await agent('comment', { id: made.tasks[1], body: 'Dry by noon.' });
  await untilTold(page, position);
  check('the page goes on where it was', isUnbroken(await positionsOf(page)), await positionsOf(page));
  check('without a reload', await page.evaluate(() => globalThis.loadedOnce));
}

async function problems() {
  check('nothing was wrong in the page', page.problems.length === 0, page.problems);
}
