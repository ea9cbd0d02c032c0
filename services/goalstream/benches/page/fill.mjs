// Writes a log with many tasks, as any client would: batches of commands over REST. A quarter of the tasks is done, some are being worked on,
// some are put off, and many have somebody who looks after them, so that a filter has something to tell apart.
//
//   node fill.mjs URL TASKS

/** Of one goal, and goals of one request. */
const [GOAL_TASKS, REQUEST_GOALS] = [100, 10];
/** Requests at the same time. */
const REQUESTS_AT_ONCE = 4;
/** Of one goal, at the end: the events that the page shows at first are then like those of any day. */
const LAST_CHANGES = 60;
const VERBS = ['Align', 'Brace', 'Drain', 'Forge', 'Grind', 'Inspect', 'Mill', 'Oil', 'Polish', 'Quench', 'Rivet', 'Solder', 'Temper'];
const NOUNS = ['anvil', 'axle', 'bearing', 'boiler', 'bridge', 'clamp', 'flange', 'gasket', 'hinge', 'lathe', 'nozzle', 'piston', 'pulley', 'roof', 'rotor', 'turbine', 'valve'];

const [, , url, tasks] = process.argv;
console.log(JSON.stringify({ goal: await fill() }));

/** Until there are so many tasks. Returns one of the goals, which was changed last. */
async function fill() {
  const batches = Array.from({ length: tasks / GOAL_TASKS / REQUEST_GOALS }, (_, batch) => batch);
  let [filled, goal] = [0, ''];
  const work = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      const made = await carryOut(Array.from({ length: REQUEST_GOALS }, (_, at) => ['create_goal', planned(batch * REQUEST_GOALS + at)]));
      for (const some of portions(made.flatMap(changesOf))) await carryOut(some);
      ({ goal } = made[0]);
      filled += REQUEST_GOALS * GOAL_TASKS;
      console.error(`${filled} of ${tasks} tasks written`);
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, work));
  const says = (_, at) => ['comment', { id: goal, body: `Sheet ${at} has been looked at.` }];
  await carryOut(Array.from({ length: LAST_CHANGES }, says));
  return goal;
}

function planned(goal) {
  const task = (_, at) => {
    const number = goal * GOAL_TASKS + at;
    return {
      key: `t${at}`,
      title: `${VERBS[number % VERBS.length]} the ${NOUNS[number % NOUNS.length]} of order ${number}`,
      description: `As drawn on sheet ${number}; the old part is kept until the new one has run for a day.`,
      priority: ['low', 'medium', 'high'][number % 3],
      tags: [`area-${number % 200}`],
    };
  };
  return { title: `Order ${goal}`, tasks: Array.from({ length: GOAL_TASKS }, task) };
}

/** What has happened to the tasks of a goal since. */
function changesOf({ ids }) {
  const every = (nth, set) => ['update', { ids: Object.values(ids).filter((_, at) => at % 8 === nth), set }];
  return [
    every(1, { assignee: 'ann' }),
    every(2, { assignee: 'ben', due: '2027-02-26' }),
    every(3, { status: 'in_progress', assignee: 'ann' }),
    every(4, { status: 'completed' }),
    every(5, { status: 'completed', assignee: 'ben' }),
    every(6, { status: 'cancelled' }),
  ];
}

/** As many as one request takes. */
function* portions(commands) {
  for (let at = 0; at < commands.length; at += 100) yield commands.slice(at, at + 100);
}

async function carryOut(commands) {
  const body = JSON.stringify({ commands: commands.map(([name, args]) => ({ name, arguments: args })) });
  const answer = await fetch(`${url}/api/v1/commands`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const { results } = await answer.json();
  const refused = results?.find(({ status }) => status >= 300);
  if (!results || refused) throw new Error(`fill the log: ${answer.status} ${JSON.stringify(refused)}`);
  return results.map(({ body }) => body);
}
