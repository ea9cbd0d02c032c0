// Lays a graph out with dagre: ranks from left to right, or from above where it is narrow. What stands in no relation to anything is set below it.

import { Graph, layout } from '@dagrejs/dagre';
import type { Edge, Place, Shape } from './graph';

type Point = Pick<Place, 'x' | 'y'>;

export interface Line extends Edge {
  /** As an SVG path. */
  path: string;
}

export interface Picture {
  width: number;
  height: number;
  /** In the order in which they are read: rank by rank. */
  places: Place[];
  lines: Line[];
}

export interface Size {
  width: number;
  height: number;
}

const MARGIN = 16;
const GAP = 16;
/** From so many nodes on the ranks are found in the quicker way, which makes the picture a little wider. */
const MANY_NODES = 150;
/** Between ranks, where the edges are. */
const RANK_GAP = 52;

export function arrange({ nodes, edges }: Shape, size: Size, across: boolean): Picture {
  const linked = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const picture = ranked(nodes.filter((id) => linked.has(id)), edges, size, across);
  return withOthers(picture, nodes.filter((id) => !linked.has(id)), size, across);
}

function ranked(nodes: string[], edges: Edge[], size: Size, across: boolean): Picture {
  if (nodes.length === 0) return { width: 2 * MARGIN, height: MARGIN, places: [], lines: [] };
  const graph = new Graph({ multigraph: true });
  const ranker = nodes.length > MANY_NODES ? 'tight-tree' : 'network-simplex';
  graph.setGraph({ rankdir: across ? 'LR' : 'TB', ranker, nodesep: GAP, ranksep: RANK_GAP, edgesep: GAP / 2, marginx: MARGIN, marginy: MARGIN });
  for (const id of nodes) graph.setNode(id, { ...size });
  for (const { from, to, kind } of edges) graph.setEdge(from, to, { weight: kind === 'after' ? 2 : 1 }, kind);
  layout(graph);
  const place = (id: string): Place => ({ id, x: graph.node(id).x ?? 0, y: graph.node(id).y ?? 0 });
  const places = nodes.map(place);
  const rank = ({ x, y }: Place) => (across ? [x, y] : [y, x]) as [number, number];
  places.sort((a, b) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1]);
  const lines = edges.map(({ from, to, kind }): Line => {
    const { points = [] } = graph.edge(from, to, kind);
    return { from, to, kind, path: curve(points, place(from), place(to), size, across) };
  });
  const { width = 0, height = 0 } = graph.graph();
  return { width, height, places, lines };
}

/** As wide as the rest, or about as wide as high when the rest is narrower. */
function withOthers(picture: Picture, others: string[], size: Size, across: boolean): Picture {
  if (others.length === 0) return picture;
  const [stepX, stepY] = [size.width + GAP, size.height + GAP];
  const fitting = Math.floor((picture.width - 2 * MARGIN + GAP) / stepX);
  const columns = Math.min(others.length, Math.max(fitting, across ? Math.ceil(Math.sqrt(others.length / 2)) : 2));
  const top = picture.places.length > 0 ? picture.height + GAP : MARGIN;
  const places = others.map((id, at): Place => ({
    id,
    x: MARGIN + (at % columns) * stepX + size.width / 2,
    y: top + Math.floor(at / columns) * stepY + size.height / 2,
  }));
  return {
    ...picture,
    width: Math.max(picture.width, 2 * MARGIN + columns * stepX - GAP),
    height: top + Math.ceil(others.length / columns) * stepY - GAP + MARGIN,
    places: [...picture.places, ...places],
  };
}

/**
 * From the end of one node to the beginning of the next, straight past the nodes of each rank between, and bent only where there are none.
 * dagre's points are, by turns, in the middle between two ranks and in the middle of one.
 */
function curve(points: Point[], from: Point, to: Point, size: Size, across: boolean): string {
  const [half, turn] = across ? [size.width / 2, (point: Point) => point] : [size.height / 2, ({ x, y }: Point) => ({ x: y, y: x })];
  const passed = points.slice(1, -1).filter((_, at) => at % 2 === 1);
  const stops = [turn(from), ...passed.map(turn), turn(to)];
  const written = ({ x, y }: Point) => (({ x, y }) => `${Math.round(x)} ${Math.round(y)}`)(turn({ x, y }));
  let path = '';
  stops.slice(1).forEach((stop, at) => {
    const before = stops[at] ?? stop;
    const [begin, end] = [{ x: before.x + half, y: before.y }, { x: stop.x - half, y: stop.y }];
    const middle = (begin.x + end.x) / 2;
    path += `${path ? 'L' : 'M'}${written(begin)}C${[{ x: middle, y: begin.y }, { x: middle, y: end.y }, end].map(written).join(' ')}`;
  });
  return path;
}
