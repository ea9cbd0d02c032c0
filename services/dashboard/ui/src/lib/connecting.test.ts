import { expect, test } from 'vitest';
import { sections } from './connecting';

const ways = sections('https://board.example:8443').flatMap((section) => section.ways);

test('every address is the one that the page came from', () => {
  const texts = ways.map(({ text }) => text).join('\n');
  expect(texts.match(/(https?|wss?):\/\/[^/\s'"]+/g)?.every((address) => address.endsWith('board.example:8443'))).toBe(true);
  expect(texts).toContain('wss://board.example:8443/watch');
});

test('what is a JSON file can be read as one', () => {
  for (const { text } of ways.filter(({ where }) => where.endsWith('.json'))) expect(JSON.parse(text)).toBeTypeOf('object');
});
