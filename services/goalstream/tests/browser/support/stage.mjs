// What every test of the page plays on: a browser, the whole system behind it, and an agent that calls its tools.

import { agentOf } from './agent.mjs';
import { launch } from './browser.mjs';
import { check, finish, part } from './checks.mjs';
import { Instance } from './instance.mjs';

/** With what browser and system are to be told. The browser ends with the program, whatever happens; so it comes first. */
export async function stage(told = {}) {
  const browser = await launch(...(told.browser ?? []));
  const instance = await Instance.start(...(told.instance ?? []));
  return { browser, instance, agent: agentOf(instance.url), read: async (path) => (await fetch(instance.url + path)).json() };
}

/** Plays the parts in turn, each under the name of its function or one of its own, and leaves nothing behind. */
export async function play({ browser, instance }, parts) {
  try {
    for (const [name, run] of Object.entries(parts)) await part(name, run);
  } finally {
    await browser.close();
    check('SIGTERM ends it with exit code 0', (await instance.stop()) === 0, await instance.output());
    await instance.remove();
  }
  process.exitCode = finish();
}

/** Creates a goal and waits until the views hold it, as an agent's own reads do. `tasks` are the ids in their order. */
export async function plan(agent, wanted) {
  const made = await agent('create_goal', wanted);
  await agent('get', { ids: [made.goal] });
  return { ...made, tasks: Object.values(made.ids ?? {}).sort() };
}
