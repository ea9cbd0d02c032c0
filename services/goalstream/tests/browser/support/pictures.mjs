// Takes the pictures of the documentation from the example: the one in the README, and of each view one by day and one by night, on a desk
// and on a telephone.
//
//   GOALSTREAM_BIN=target/debug/goalstream node support/pictures.mjs [NAME…]

import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { launch, openPage, untilQuiet } from './browser.mjs';
import { Clock } from './clock.mjs';
import { Instance } from './instance.mjs';
import { encode } from './png.mjs';
import { SCENES } from './scenes.mjs';
import { sideBySide } from './sheet.mjs';
import { BEGUN_MINUTES_AGO, tell } from './story.mjs';

const DOCS = fileURLToPath(new URL('../../../../../docs/', import.meta.url));
/** Everybody who clones loads them. */
const BYTES_MAX = 150_000;
const ALL_BYTES_MAX = 2_600_000;
const DESK = { viewport: { width: 1200, height: 760 } };
const TELEPHONE = { viewport: { width: 360, height: 760 }, isMobile: true, hasTouch: true };
const SCHEMES = ['light', 'dark'];

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !SCENES.some((scene) => scene.name === name));
if (unknown !== undefined) throw new Error(`there is no picture \`${unknown}\`; there are ${SCENES.map(({ name }) => name).join(', ')}`);
const scenes = SCENES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
// The browser ends with this program, whatever happens; so it comes first.
const browser = await launch();
const clock = await Clock.late(BEGUN_MINUTES_AGO);
Object.assign(process.env, clock.environment);
const instance = await Instance.start('--demo');
try {
  await tell(instance.url, clock);
  await mkdir(`${DOCS}pictures`, { recursive: true });
  await write('dashboard.png', [await shoot({ at: '#/goal/GOAL-0001', there: '.task .claim' }, { ...DESK, colorScheme: 'light' })]);
  let bytes = 0;
  for (const scene of scenes) for (const scheme of SCHEMES) bytes += await takeBoth(scene, scheme);
  if (bytes > ALL_BYTES_MAX) throw new Error(`${bytes} bytes, more than ${ALL_BYTES_MAX}`);
} finally {
  await browser.close();
  await instance.stop();
  await instance.remove();
  await clock.remove();
}

async function takeBoth(scene, colorScheme) {
  const both = [];
  for (const screen of [DESK, TELEPHONE]) both.push(await shoot(scene, { ...screen, colorScheme }));
  return write(`pictures/${scene.name}-${colorScheme}.png`, both);
}

async function shoot({ at, there, then, until }, options) {
  const page = await openPage(browser, `${instance.url}/${at}`, { ...options, reducedMotion: 'reduce' });
  await page.waitForSelector(there);
  await then?.(page);
  if (until) await page.waitForSelector(until);
  await untilQuiet(page);
  const picture = await page.screenshot();
  await page.context().close();
  return picture;
}

async function write(name, pictures) {
  const picture = encode(await sideBySide(browser, pictures));
  if (picture.length > BYTES_MAX) throw new Error(`${name}: ${picture.length} bytes, more than ${BYTES_MAX}`);
  await writeFile(DOCS + name, picture);
  console.log(`docs/${name}: ${picture.length} bytes`);
  return picture.length;
}
