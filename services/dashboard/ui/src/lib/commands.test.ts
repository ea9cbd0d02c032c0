import { expect, test } from 'vitest';
import { ATTEMPTS_MAX, newRequestId, Refused, send, Unanswered, WAIT_FIRST_MS, WAIT_MAX_MS } from './commands';

const REQUEST = { name: 'comment', args: { id: 'TASK-0001', body: 'x' } } as const;

/** Answers in turn; the last for ever. `down` is a network that fails. */
function server(...answers: ('down' | [status: number, body: unknown, headers?: Record<string, string>])[]) {
  const [asked, waits]: [{ url: string; headers: Record<string, string>; body: string }[], number[]] = [[], []];
  const fetch = async (url: unknown, request: unknown) => {
    asked.push({ url: String(url), ...(request as { headers: Record<string, string>; body: string }) });
    const answer = answers[Math.min(asked.length, answers.length) - 1]!;
    if (answer === 'down') throw new TypeError('no connection');
    const [status, body, headers] = answer;
    return new Response(JSON.stringify(body), { status, headers });
  };
  const wait = async (delay_ms: number) => void waits.push(delay_ms);
  return { around: { fetch: fetch as typeof globalThis.fetch, wait }, asked, waits };
}

test('a command goes out once, with its request id and the name of who acts', async () => {
  const { around, asked } = server([200, { position: 7 }]);
  expect(await send(REQUEST, 'id-1', 'Jürgen', around)).toEqual({ position: 7 });
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ url: '/api/v1/commands/comment', headers: { 'idempotency-key': 'id-1', 'x-goalstream-actor': 'J%C3%BCrgen' }, body: JSON.stringify(REQUEST.args) });
});

test.each(['Ann', 'Jürgen', '田中 さくら', 'Zoë 🚀 100%'])('%s is a name that a header carries', async (actor) => {
  const { around, asked } = server([200, { position: 7 }]);
  await send(REQUEST, 'id-1', actor, around);
  const sent = asked[0]!.headers['x-goalstream-actor']!;
  expect(new Headers({ actor: sent }).get('actor')).toBe(sent);
  expect(decodeURIComponent(sent)).toBe(actor);
});

test('half a letter, which some browsers keep, stops no command', async () => {
  const { around, asked } = server([200, { position: 7 }]);
  await send(REQUEST, 'id-1', 'Zoë \ud83d', around);
  expect(asked[0]!.headers['x-goalstream-actor']).toBe('Zo%C3%AB%20');
});

test('without an answer it is repeated with the same request id, after longer and longer waits', async () => {
  const { around, asked, waits } = server('down', 'down', [503, {}], [200, { position: 7 }]);
  expect(await send(REQUEST, 'id-1', 'me', around)).toEqual({ position: 7 });
  expect(asked.map(({ headers }) => headers['idempotency-key'])).toEqual(Array(4).fill('id-1'));
  expect(waits).toEqual([WAIT_FIRST_MS, 2 * WAIT_FIRST_MS, 4 * WAIT_FIRST_MS]);
});

test('a server that says when it can be asked again is asked then, within reason', async () => {
  const { around, waits } = server([503, {}, { 'retry-after': '2' }], [429, {}, { 'retry-after': '3600' }], [200, { position: 1 }]);
  await send(REQUEST, 'id-1', 'me', around);
  expect(waits).toEqual([2000, WAIT_MAX_MS]);
});

test('it gives up after some attempts, and says whether it was heard', async () => {
  const silent = server('down');
  await expect(send(REQUEST, 'id-1', 'me', silent.around)).rejects.toThrow(Unanswered);
  expect(silent.asked).toHaveLength(ATTEMPTS_MAX);
  await expect(send(REQUEST, 'id-1', 'me', server([503, { code: 'UNAVAILABLE', message: 'no database' }]).around)).rejects.toThrow('no database');
});

test('a refusal is final and carries what the server said', async () => {
  const { around, asked } = server([409, { code: 'CONFLICT', message: 'TASK-0001 is at version 12, not 3', changed_by: 'mara', hint: 'read it again' }]);
  const refused = await send(REQUEST, 'id-1', 'me', around).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Refused);
  expect((refused as Refused).problem).toMatchObject({ code: 'CONFLICT', changed_by: 'mara' });
  expect(asked).toHaveLength(1);
  await expect(send(REQUEST, 'id-1', 'me', server([500, 'not even a problem']).around)).rejects.toThrow('the server answered 500');
});

test('request ids are uuids, each another', () => {
  const ids = Array.from({ length: 50 }, newRequestId);
  expect(new Set(ids).size).toBe(50);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});
