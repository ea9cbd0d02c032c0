// Several values in one field: what the field shows, and what is meant by what somebody wrote into it.

/** Values with commas between them; one that has a comma or begins with a quotation mark stands in such marks. */
export const inOneLine = (values: readonly string[] = []) => values.map((value) => (/^"|,/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(', ');

const VALUE = /\s*(?:"((?:[^"]|"")*)"\s*(?=,|$)|([^,]*))(?:,|$)/g;

/** Each once, in the order in which they stand there. */
export function outOfOneLine(text = ''): string[] {
  const values = [...text.matchAll(VALUE)].map(([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain);
  return each(values);
}

export const lines = (text = '') => each(text.split('\n'));

/** Whoever writes `#docs` means the tag `docs`, unless that is how it is called. */
export const tagsOf = (text: string | undefined, had: readonly string[] = []) => each(outOfOneLine(text).map((tag) => (had.includes(tag) ? tag : tag.replace(/^#/, '')))).sort();

/** What is new and what is gone. */
export function differing(had: readonly string[] = [], wanted: readonly string[]): { added: string[]; gone: string[] } {
  return { added: wanted.filter((value) => !had.includes(value)), gone: had.filter((value) => !wanted.includes(value)) };
}

const each = (values: string[]) => [...new Set(values.map((value) => value.trim()).filter(Boolean))];
