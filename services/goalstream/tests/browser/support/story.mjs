// The example goes on for most of two hours, so that the views of time have something to show: three agents, one turn after the other.

import { setTimeout as after } from 'node:timers/promises';
import { agentOf } from './agent.mjs';

/** How long ago it begins. The claims of the example last two hours. */
export const BEGUN_MINUTES_AGO = 105;
const PLAN = {
  title: 'Prepare the spring release',
  description: 'What was promised for spring, in the hands of the customers by the end of March.',
  priority: 'high',
  tags: ['release'],
  tasks: [
    { title: 'List what was promised', priority: 'high' },
    { title: 'Mend the three oldest reports', tags: ['quality'] },
    { title: 'Translate the new texts', tags: ['docs'] },
    { title: 'Measure the start of the app', accept: ['Ten runs on the slowest telephone'], key: 'start' },
    { title: 'Halve the start of the app', after: ['start'], priority: 'high' },
    { title: 'Renew the certificates' },
    { title: 'Write the release notes', tags: ['docs'], key: 'notes' },
    { title: 'Film the two new features' },
    { title: 'Ask five customers to try it', tags: ['support'], key: 'try' },
    { title: 'Answer what they found', after: ['try'] },
    { title: 'Check the backups' },
    { title: 'Plan the evening of the release', after: ['notes'], due: '2027-03-20' },
    { title: 'Publish it', after: ['notes', 'try'], priority: 'critical', due: '2027-03-26' },
    { title: 'Look at the figures a week later', priority: 'low', due: '2027-04-02' },
  ],
};
/** After how many minutes the next of them is done with a task, and how it ends. */
const TURNS = [
  [49, 'done'], [4, 'done'], [7, 'failed'], [3, 'done'], [6, 'given back'], [5, 'done'],
  [6, 'done'], [4, 'done'], [7, 'done'], [3, 'done'], [6, 'done'],
];

/** Resolves when the example is filled in and this has been told as well, and the clock is right again. */
export async function tell(url, clock) {
  await untilFilled(url);
  const ready = [...(await agentOf(url, 'demo-planner')('create_goal', PLAN)).ready];
  const agents = ['demo-agent-1', 'demo-agent-2', 'demo-agent-3'].map((name) => agentOf(url, name));
  const held = [];
  for (const agent of agents) held.push(await take(agent, ready));
  let late = BEGUN_MINUTES_AGO;
  for (const [turn, [minutes, end]] of TURNS.entries()) {
    await clock.set((late -= minutes));
    const who = turn % agents.length;
    if (held[who]) ready.push(...(await finish(agents[who], held[who], end)));
    held[who] = await take(agents[who], ready);
  }
  await clock.set(0);
}

/** Nothing, when nothing is ready. */
async function take(agent, ready) {
  const id = ready.shift();
  if (!id) return undefined;
  const { fence } = await agent('claim', { id, ttl: 7_200 });
  return { id, fence };
}

/** Answers what can be taken now. */
async function finish(agent, { id, fence }, end) {
  if (end === 'given back') {
    await agent('claim', { id, fence, release: true, handoff: 'The shop asks for a second signature; somebody else has it.' });
    return [id];
  }
  const failed = end === 'failed';
  const result = failed ? 'Two of ten runs crashed before they began.' : 'Done and checked.';
  const { unblocked = [] } = await agent('complete', { id, fence, outcome: end, result, ...(!failed && { met: await criteriaOf(agent, id) }) });
  return unblocked;
}

async function criteriaOf(agent, id) {
  const { tasks } = await agent('get', { ids: [id] });
  return (tasks[0].criteria ?? []).map(({ number }) => number);
}

/** The example is filled in once the server is ready; the last that it does is to take its last task. */
const [LAST, FILLED_TRIES_MAX, LOOK_EVERY_MS] = ['TASK-0023', 300, 200];

async function untilFilled(url) {
  for (let tries = 0; tries < FILLED_TRIES_MAX; tries += 1) {
    const task = await fetch(`${url}/api/v1/tasks/${LAST}`).then((answer) => (answer.ok ? answer.json() : undefined));
    if (task?.task.status === 'in_progress') return;
    await after(LOOK_EVERY_MS);
  }
  throw new Error('the example was not filled in');
}
