// What to paste where so that a client comes to this instance, with the address that this page has.

export interface Way {
  title: string;
  /** Where it goes. */
  where: string;
  text: string;
}

export interface Section {
  title: string;
  what: string;
  ways: Way[];
}

/** What the server tells of its settings, as far as a client of the bus needs it. */
export interface Settings {
  /** private, or yours. */
  bus: string;
  subjects: string;
}

const json = (value: unknown) => JSON.stringify(value, null, 2);

/** Until the settings are known, nothing is said of the bus. */
export function sections(origin: string, settings?: Settings): Section[] {
  const mcp = `${origin}/mcp`;
  return [
    {
      title: 'Agents',
      what: 'Any client of the Model Context Protocol comes over HTTP, to the same eleven tools.',
      ways: [
        { title: 'Claude Code', where: 'in a shell', text: `claude mcp add --transport http goalstream ${mcp}` },
        { title: 'Claude Desktop', where: 'on the machine where Goalstream is installed', text: 'goalstream mcp install --client claude-desktop' },
        { title: 'Any other client, over HTTP', where: 'as address', text: mcp },
        { title: 'Any other client, over stdio', where: 'as command', text: 'goalstream mcp' },
        { title: 'VS Code', where: '.vscode/mcp.json', text: json({ servers: { goalstream: { type: 'http', url: mcp } } }) },
        { title: 'Cursor', where: '~/.cursor/mcp.json', text: json({ mcpServers: { goalstream: { url: mcp } } }) },
      ],
    },
    {
      title: 'Instructions',
      what: 'What an agent should know. Paste it into its instructions.',
      ways: [
        {
          title: 'For an agent',
          where: 'CLAUDE.md, AGENTS.md',
          text: [
            'Goals and tasks are kept in Goalstream; others share them with you.',
            '- `find` first. Plan with one `create_goal`: tasks with `key`, `after`, and `accept` criteria that can be checked.',
            '- `claim` without an id takes the best task that is ready. Keep the `fence`, renew before `until`.',
            '- `complete` with the fence, the `result` in a sentence, `evidence`, and the criteria that are `met`.',
            '- Cannot finish? `claim` with `release` and a `handoff`. Refused? Do what the answer says.',
            '- Give every write a `request_id` of your own; repeat a call whose answer did not arrive as it was.',
          ].join('\n'),
        },
      ],
    },
    {
      title: 'Programs',
      what: 'Everything the page shows, for programs. REST refuses with a code, a sentence and what to do.',
      ways: [
        { title: 'REST', where: 'goals', text: `curl ${origin}/api/v1/goals` },
        { title: 'Create a goal', where: 'each key is done once, however often it is sent', text: `curl ${origin}/api/v1/commands/create_goal -H 'content-type: application/json' -H 'idempotency-key: my-first-goal' -d '{"title": "Try it"}'` },
        { title: 'Everything as it happens', where: 'server-sent events', text: `curl -N '${origin}/events?after=0'` },
        { title: 'WebSocket', where: 'a JSON line a message', text: `${origin.replace(/^http/, 'ws')}/watch?since=0` },
        { title: 'The log as a table', where: 'for auditors', text: `curl '${origin}/api/v1/audit?format=csv' > audit.csv` },
        ...(settings ? [{ title: 'NATS', where: settings.bus === 'private' ? 'the address, with its password, is printed by goalstream up' : 'at your own server', text: `nats sub '${settings.subjects}'` }] : []),
      ],
    },
  ];
}
