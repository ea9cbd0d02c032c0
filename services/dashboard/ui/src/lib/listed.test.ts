import { expect, test } from 'vitest';
import { differing, inOneLine, lines, outOfOneLine, tagsOf } from './listed';

test('what a field shows is read as the same values again', () => {
  for (const values of [[], ['docs'], ['a', 'b c'], ['paint, blue', 'rust'], ['say "no"'], ['"', '"x", y'], ['#7', 'x']]) {
    expect(outOfOneLine(inOneLine(values))).toEqual(values);
  }
});

test('spaces, empty places and what stands there twice do not count', () => {
  expect(outOfOneLine(' a ,, b,a,')).toEqual(['a', 'b']);
  expect(lines('one\n\n two \none')).toEqual(['one', 'two']);
});

test('a quotation mark within a value is a letter of it', () => {
  expect(outOfOneLine('6" pipe, "open')).toEqual(['6" pipe', '"open']);
});

test('a tag that is written with its mark is the tag, unless the mark belongs to it', () => {
  expect(tagsOf('#docs, #7', ['#7'])).toEqual(['#7', 'docs']);
});

test('what differs is what is new and what is gone', () => {
  expect(differing(['a', 'b'], ['b', 'c'])).toEqual({ added: ['c'], gone: ['a'] });
  expect(differing(undefined, [])).toEqual({ added: [], gone: [] });
});
