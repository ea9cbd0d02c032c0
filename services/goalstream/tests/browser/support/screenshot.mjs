// Takes the picture of the dashboard for the documentation: the example's largest goal, as a new user sees it.
//
//   GOALSTREAM_BIN=target/debug/goalstream node support/screenshot.mjs

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launch, openPage } from './browser.mjs';
import { Instance } from './instance.mjs';
import { encode } from './png.mjs';

const PICTURE = fileURLToPath(new URL('../../../../../docs/dashboard.png', import.meta.url));
/** Everybody who clones loads it. */
const BYTES_MAX = 150_000;

// The browser ends with this program, whatever happens; so it comes first.
const browser = await launch();
const instance = await Instance.start('--demo');
try {
  const options = { viewport: { width: 1200, height: 760 }, colorScheme: 'light', reducedMotion: 'reduce' };
  const page = await openPage(browser, `${instance.url}/#/goal/GOAL-0001`, options);
  // The example is filled in once the server is ready; these are the last it does to this goal and at all.
  await page.waitForSelector('.entry:has-text("TASK-0023") [data-icon="in_progress"]');
  await page.waitForSelector('.task .claim');
  const picture = encode(await pixelsOf(page, await page.screenshot()));
  if (picture.length > BYTES_MAX) throw new Error(`${picture.length} bytes, more than ${BYTES_MAX}`);
  await writeFile(PICTURE, picture);
  console.log(`${PICTURE}: ${picture.length} bytes`);
} finally {
  await browser.close();
  await instance.stop();
  await instance.remove();
}

/** Decodes a picture in an empty page of the same browser. */
async function pixelsOf(page, picture) {
  const empty = await page.context().newPage();
  const { width, height, base64 } = await empty.evaluate(async (encoded) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${encoded}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, image.width, image.height);
    return { width: image.width, height: image.height, base64: new Uint8Array(data.buffer).toBase64() };
  }, picture.toString('base64'));
  return { width, height, pixels: Buffer.from(base64, 'base64') };
}
