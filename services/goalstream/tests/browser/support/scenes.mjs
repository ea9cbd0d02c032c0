// What the documentation shows pictures of: an address of the page each, what is there once it has been read, and what is done then.

/** A goal of the example, and a task of it that waits for somebody. */
const [GOAL, TASK] = ['GOAL-0001', 'TASK-0007'];

export const SCENES = [
  { name: 'goals', at: '#/', there: '.goal' },
  { name: 'now', at: '#/now', there: '.tile-rows .left' },
  { name: 'board', at: '#/board', there: '.card[data-id="TASK-0002"]' },
  { name: 'lanes', at: '#/board?lanes=goal', there: '.card[data-id="TASK-0002"]' },
  { name: 'list', at: '#/list', there: '.tally:has-text("40")' },
  { name: 'timeline', at: '#/timeline?span=1h', there: '.bar-of' },
  { name: 'feed', at: '#/feed', there: '.feed article' },
  { name: 'charts', at: '#/charts?span=1h', there: '.plot canvas' },
  { name: 'events', at: '#/events', there: '.record-row' },
  { name: 'event', at: '#/events?p=43', there: '.record' },
  { name: 'agents', at: '#/agents', there: '.agents tbody tr' },
  { name: 'servers', at: '#/servers', there: '.server' },
  { name: 'connect', at: '#/connect', there: '.way' },
  { name: 'goal', at: `#/goal/${GOAL}`, there: '.task' },
  { name: 'task', at: `#/goal/${GOAL}/${TASK}`, there: '.task.open dl' },
  { name: 'graph', at: `#/goal/${GOAL}?tab=graph`, there: '.on-path' },
  { name: 'history', at: `#/goal/${GOAL}?tab=history&as=full`, there: '.story-event' },
  { name: 'compare', at: `#/goal/${GOAL}?tab=history&compare=1&from=40`, there: '.compare h2' },
  { name: 'undo', at: `#/goal/${GOAL}?tab=history`, there: '.story', then: undo, until: '.undo-preview li' },
  { name: 'past', at: '#/board?at=60', there: '.card' },
  { name: 'peek', at: `#/board?peek=${TASK}`, there: '.peek dl' },
  { name: 'form', at: `#/goal/${GOAL}`, there: '.task', then: (page) => page.keyboard.press('c'), until: 'dialog.form' },
  { name: 'palette', at: '#/', there: '.goal', then: search, until: '.item:has-text("TASK-")' },
];

/** Takes back what was said last. */
async function undo(page) {
  await page.locator('.story', { hasText: 'commented on' }).first().getByRole('button', { name: 'Take back…' }).dispatchEvent('click');
}

async function search(page) {
  await page.keyboard.press('Control+k');
  await page.locator('.ask input').fill('customers');
}
