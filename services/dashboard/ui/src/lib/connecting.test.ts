import { expect, test } from 'vitest';
import { sections, type Settings } from './connecting';

const ways = sections('https://board.example:8443').flatMap((section) => section.ways);

test('every address is the one that the page came from', () => {
  const texts = ways.map(({ text }) => text).join('\n');
  expect(texts.match(/(https?|wss?):\/\/[^/\s'"]+/g)?.every((address) => address.endsWith('board.example:8443'))).toBe(true);
  expect(texts).toContain('wss://board.example:8443/watch');
});

test('the bus is told as the server has it, and before that not at all', () => {
  const nats = (settings?: Settings) => sections('http://localhost', settings).flatMap(({ ways }) => ways).find(({ title }) => title === 'NATS');
  expect(nats()).toBeUndefined();
  expect(nats({ bus: 'private', subjects: 'team.v1.>' })).toMatchObject({ text: "nats sub 'team.v1.>'", where: expect.stringContaining('goalstream up') });
  expect(nats({ bus: 'yours', subjects: 'team.v1.>' })?.where).toBe('at your own server');
});

test('what is a JSON file can be read as one', () => {
  for (const { text } of ways.filter(({ where }) => where.endsWith('.json'))) expect(JSON.parse(text)).toBeTypeOf('object');
});
