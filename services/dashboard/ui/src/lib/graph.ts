// The tasks of a goal as a graph: what comes after what, and what is a part of what. How it is laid out is said in arranging.ts.

import { idNumber, isClosed, type TaskRow } from './rows';

/** Of a larger goal some are left out: nobody reads more, and laying them out would make the page wait. */
export const NODES_MAX = 400;

export interface Edge {
  from: string;
  to: string;
  /** `to` comes after `from`, or has it as a part and so ends after it. */
  kind: 'after' | 'part';
}

export interface Shape {
  nodes: string[];
  edges: Edge[];
}

/** The shape alone: it is the same, as text, whatever else changes in the tasks, so that nothing moves without need. */
export function shapeOf(tasks: TaskRow[]): Shape {
  const kept = tasks.length > NODES_MAX ? mostWanted(tasks) : tasks;
  const nodes = [...kept].sort((a, b) => idNumber(a.id) - idNumber(b.id));
  const known = new Set(nodes.map(({ id }) => id));
  const edges = nodes.flatMap(({ id, after = [], parent }) => [
    ...after.map((from): Edge => ({ from, to: id, kind: 'after' })),
    ...(parent ? [{ from: id, to: parent, kind: 'part' } satisfies Edge] : []),
  ]);
  return withoutImplied({ nodes: nodes.map(({ id }) => id), edges: edges.filter(({ from, to }) => known.has(from) && known.has(to)) });
}

/** Without the edges that follow from others: with A before B and B before C, that A is before C says nothing, and only crosses the rest. */
function withoutImplied({ nodes, edges }: Shape): Shape {
  const outgoing = new Map<string, Edge[]>(nodes.map((id) => [id, []]));
  for (const edge of edges) outgoing.get(edge.from)?.push(edge);
  const order = inOrder(nodes, edges);
  const rank = new Map(order.map((id, at) => [id, at]));
  const reached = new Map<string, Set<string>>();
  const kept = new Set<Edge>();
  for (const id of order.toReversed()) {
    const reach = new Set<string>();
    // The nearest first, since what follows from another edge lies behind its end.
    for (const edge of (outgoing.get(id) ?? []).toSorted((a, b) => (rank.get(a.to) ?? 0) - (rank.get(b.to) ?? 0))) {
      if (reach.has(edge.to)) continue;
      kept.add(edge);
      reach.add(edge.to);
      for (const further of reached.get(edge.to) ?? []) reach.add(further);
    }
    reached.set(id, reach);
  }
  return { nodes, edges: edges.filter((edge) => kept.has(edge)) };
}

/** Each after all it comes after. The server lets no circle be made; if there were one, its tasks would stand at the end. */
function inOrder(nodes: string[], edges: Edge[]): string[] {
  const open = new Map(nodes.map((id) => [id, 0]));
  for (const { to } of edges) open.set(to, (open.get(to) ?? 0) + 1);
  const next = new Map(nodes.map((id) => [id, [] as string[]]));
  for (const { from, to } of edges) next.get(from)?.push(to);
  const order = nodes.filter((id) => open.get(id) === 0);
  for (const id of order) {
    for (const to of next.get(id) ?? []) {
      const left = (open.get(to) ?? 0) - 1;
      open.set(to, left);
      if (left === 0) order.push(to);
    }
  }
  return [...order, ...nodes.filter((id) => (open.get(id) ?? 0) > 0)];
}

/** What is still to be done comes first, then what is newest. */
function mostWanted(tasks: TaskRow[]): TaskRow[] {
  const rank = ({ status, id }: TaskRow) => (isClosed(status) ? 0 : Number.MAX_SAFE_INTEGER / 2) + idNumber(id) * (isClosed(status) ? 1 : -1);
  return [...tasks].sort((a, b) => rank(b) - rank(a)).slice(0, NODES_MAX);
}

/** The edges between one step of the critical path and the next. */
export function criticalEdges(edges: Edge[], path: string[]): Edge[] {
  const next = new Map(path.map((id, at) => [id, path[at + 1]]));
  return edges.filter(({ from, to }) => next.get(from) === to);
}

export interface Place {
  id: string;
  /** Of its middle. */
  x: number;
  y: number;
}

/** As the keys are called that lead there: previous is up, next is down. */
export const ARROWS = ['left', 'right', 'previous', 'next'] as const;
export type Arrow = (typeof ARROWS)[number];
const STEPS: Record<Arrow, readonly [number, number]> = { left: [-1, 0], right: [1, 0], previous: [0, -1], next: [0, 1] };
/** How much further away something seems that stands beside the way. */
const BESIDE = 3;

/**
 * Where an arrow leads from a node: along an edge where one goes that way, to the one that stands most nearly ahead; else to the nearest that
 * way. `across` says that edges run from left to right.
 */
export function walk(places: Place[], edges: Edge[], from: string, arrow: Arrow, across: boolean): string | undefined {
  const here = places.find(({ id }) => id === from);
  if (!here) return undefined;
  const [dx, dy] = STEPS[arrow];
  const along = across ? dx : dy;
  const linked = new Set(edges.flatMap((edge) => (along > 0 && edge.from === from ? [edge.to] : along < 0 && edge.to === from ? [edge.from] : [])));
  const ahead = ({ x, y }: Place) => (x - here.x) * dx + (y - here.y) * dy;
  const beside = ({ x, y }: Place) => Math.abs((x - here.x) * dy) + Math.abs((y - here.y) * dx);
  const nearest = (found: Place[]) => found.sort((a, b) => ahead(a) + BESIDE * beside(a) - ahead(b) - BESIDE * beside(b))[0]?.id;
  return nearest(places.filter(({ id }) => linked.has(id))) ?? nearest(places.filter((place) => ahead(place) > beside(place)));
}
