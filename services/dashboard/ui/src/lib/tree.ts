// The tasks of a goal as the lines of a tree: parents before children, siblings by number.

import { idNumber, type Held, type TaskRow } from './rows';
import { matching } from './terms';

export interface Line {
  held: Held<TaskRow>;
  depth: number;
  children: number;
}

/**
 * Lines in the order they are read. Children of a `folded` task are left out. With a `query`, only tasks that match stay, and
 * their ancestors, whether folded or not. A task whose parent is not among `tasks` stands at the root, so nothing is ever lost from sight.
 */
export function treeLines(tasks: Held<TaskRow>[], folded: ReadonlySet<string> = new Set(), query = ''): Line[] {
  const known = new Map(tasks.map((held) => [held.row.id, held]));
  const isAskedFor = matching(query);
  const kept = query.trim() === '' ? undefined : withAncestors(tasks.filter(({ row }) => isAskedFor(row)), known);
  const children = new Map<string, Held<TaskRow>[]>();
  for (const held of tasks) {
    if (kept && !kept.has(held.row.id)) continue;
    const parent = held.row.parent && known.has(held.row.parent) ? held.row.parent : '';
    const siblings = children.get(parent);
    if (siblings) siblings.push(held);
    else children.set(parent, [held]);
  }
  for (const siblings of children.values()) siblings.sort((a, b) => idNumber(a.row.id) - idNumber(b.row.id));

  const lines: Line[] = [];
  const waiting = (children.get('') ?? []).map((held) => ({ held, depth: 0 })).reverse();
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { held, depth } = next;
    const below = children.get(held.row.id) ?? [];
    lines.push({ held, depth, children: below.length });
    if (kept || !folded.has(held.row.id)) waiting.push(...below.map((child) => ({ held: child, depth: depth + 1 })).reverse());
  }
  return lines;
}

function withAncestors(found: Held<TaskRow>[], known: Map<string, Held<TaskRow>>): Set<string> {
  const kept = new Set<string>();
  for (const held of found) {
    for (let at: Held<TaskRow> | undefined = held; at && !kept.has(at.row.id); at = known.get(at.row.parent ?? '')) kept.add(at.row.id);
  }
  return kept;
}
