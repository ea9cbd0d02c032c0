// Several pictures as one, decoded and put together by an empty page of the browser that took them.

const GAP_PX = 24;

/** The pixels of PNG files beside each other, four bytes each, on a middle grey. */
export async function sideBySide(browser, pictures) {
  const page = await browser.newPage();
  const { width, height, base64 } = await page.evaluate(draw, { encoded: pictures.map((picture) => picture.toString('base64')), gap: GAP_PX });
  await page.close();
  return { width, height, pixels: Buffer.from(base64, 'base64') };
}

/** Runs in the page. */
async function draw({ encoded, gap }) {
  const images = await Promise.all(encoded.map(async (one) => createImageBitmap(await (await fetch(`data:image/png;base64,${one}`)).blob())));
  const width = images.reduce((sum, image) => sum + image.width, gap * (images.length - 1));
  const height = Math.max(...images.map((image) => image.height));
  const canvas = new OffscreenCanvas(width, height).getContext('2d');
  canvas.fillStyle = '#888';
  canvas.fillRect(0, 0, width, height);
  let left = 0;
  for (const image of images) {
    canvas.drawImage(image, left, 0);
    left += image.width + gap;
  }
  return { width, height, base64: new Uint8Array(canvas.getImageData(0, 0, width, height).data.buffer).toBase64() };
}
