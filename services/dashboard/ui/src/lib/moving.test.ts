import { beforeEach, expect, test, vi } from 'vitest';
import { Acting } from './acting.svelte';
import type { AnyRow } from './acts';
import type { Board } from './board.svelte';
import { Refused, type Answer, type Command } from './commands';
import { moveTo } from './moving';
import type { TaskRow } from './rows';

const task = (more: Partial<TaskRow> = {}) => ({ id: 'TASK-0001', title: 'Paint', status: 'pending', version: 1, ...more }) as TaskRow;

/** What the page knows, and what is there. */
let [known, there]: [TaskRow, TaskRow] = [task(), task()];
let acting: Acting;
let sent: Record<string, unknown>[];

/** As the server does: a status is only written over at the version that was expected. */
const send = async ({ args }: Command): Promise<Answer> => {
  sent.push(args);
  if (args.expect_version !== undefined && args.expect_version !== there.version) throw new Refused({ code: 'CONFLICT', message: 'TASK-0001 is at version 2', changed_by: 'ada', current_version: there.version });
  return { position: 9 };
};
const board = () => ({ acting, at: undefined, row: (): AnyRow => known, untilRow: vi.fn(async () => void (known = there)) }) as unknown as Board;

beforeEach(() => {
  [known, there, sent] = [task(), task(), []];
  acting = new Acting({ shows: () => [], until: async () => {}, actor: () => 'me' }, send);
});

test('a card that stands where it was seen is moved', async () => {
  await moveTo(board(), task(), 'in_review');
  expect(sent).toEqual([{ ids: ['TASK-0001'], set: { status: 'in_review' }, expect_version: 1 }]);
  expect(acting.toasts).toMatchObject([{ tone: 'done', text: 'TASK-0001 is in review' }]);
});

test('what else another has changed of it is in nobody’s way', async () => {
  there = task({ title: 'Paint twice', version: 2 });
  await moveTo(board(), task(), 'in_review');
  expect(sent.map(({ expect_version }) => expect_version)).toEqual([1, 2]);
  expect(acting.toasts).toMatchObject([{ tone: 'done' }]);
});

test.each([['that is known', 2], ['that was not heard of yet', 1]])('a status that another has given it meanwhile, %s, is not written over', async (_, heard) => {
  there = task({ status: 'failed', version: 2 });
  if (heard === 2) known = there;
  await moveTo(board(), task(), 'in_review');
  expect(sent).toHaveLength(1);
  expect(acting.toasts).toMatchObject([{ tone: 'refused', text: 'TASK-0001 is failed now', hint: 'ada changed it meanwhile. It was left as it is; move it again to have it so all the same' }]);
  await moveTo(board(), known, 'in_review');
  expect(sent.at(-1)).toMatchObject({ set: { status: 'in_review' }, expect_version: 2 });
});

test('what is blocked is asked for its reason, from what was seen', async () => {
  const asked = { ...board(), whole: async () => [there] } as unknown as Board;
  there = task({ status: 'failed', version: 2 });
  await moveTo(asked, task(), 'blocked');
  expect([sent, acting.asked]).toEqual([[], { deed: 'status', rows: [task()], field: 'why', given: { status: 'blocked' } }]);
});
