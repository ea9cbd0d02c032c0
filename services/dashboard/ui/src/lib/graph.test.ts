// The graph of a goal: its shape, its layout, and where the arrow keys lead.

import { describe, expect, test } from 'vitest';
import { arrange } from './arranging';
import { criticalEdges, NODES_MAX, shapeOf, walk, type Arrow } from './graph';
import type { TaskRow, TaskStatus } from './rows';

const SIZE = { width: 200, height: 50 };
const id = (number: number) => `TASK-${String(number).padStart(4, '0')}`;
const task = (number: number, after: number[] = [], parent?: number, status: TaskStatus = 'pending') =>
  ({ id: id(number), after: after.map(id), parent: parent && id(parent), status }) as TaskRow;

/** Two ways from 1 to 4, a part, and two that stand alone. */
const TASKS = [task(1), task(2, [1]), task(3, [1]), task(4, [2, 3]), task(5, [], 4), task(6), task(7)];

describe('the shape', () => {
  test('has what comes after what, and parts before what they are parts of', () => {
    const { nodes, edges } = shapeOf([...TASKS].reverse());
    expect(nodes).toEqual([1, 2, 3, 4, 5, 6, 7].map(id));
    expect(edges).toContainEqual({ from: id(2), to: id(4), kind: 'after' });
    expect(edges).toContainEqual({ from: id(5), to: id(4), kind: 'part' });
    expect(edges).toHaveLength(5);
  });

  test('has no edges to what is not there', () => {
    expect(shapeOf([task(2, [1], 9)]).edges).toEqual([]);
  });

  test('is the same text when only the tasks change, not their relations', () => {
    const changed = TASKS.map((one) => ({ ...one, status: 'completed' as const, title: 'x' }));
    expect(JSON.stringify(shapeOf(changed))).toBe(JSON.stringify(shapeOf(TASKS)));
  });

  test('leaves out what follows from the rest', () => {
    const { edges } = shapeOf([task(1), task(2, [1]), task(3, [1, 2]), task(4, [1, 2, 3])]);
    expect(edges.map(({ from, to, kind }) => `${from} ${to} ${kind}`)).toEqual([[1, 2], [2, 3], [3, 4]].map(([a, b]) => `${id(a!)} ${id(b!)} after`));
  });

  test('of a circle, which there cannot be, is a shape all the same', () => {
    expect(shapeOf([task(1, [2]), task(2, [1])]).nodes).toEqual([id(1), id(2)]);
  });

  test('of too many keeps what is still to be done, then what was done last', () => {
    const done = Array.from({ length: NODES_MAX }, (_, at) => task(at + 1, [], undefined, 'completed'));
    const { nodes } = shapeOf([...done, task(1_000), task(1_001)]);
    expect(nodes).toHaveLength(NODES_MAX);
    expect([nodes[0], ...nodes.slice(-2)]).toEqual([id(3), id(1_000), id(1_001)]);
  });
});

test('the critical path runs along the edges between its steps', () => {
  const { edges } = shapeOf(TASKS);
  const critical = criticalEdges(edges, [id(1), id(3), id(4)]).map(({ from, to }) => `${from} ${to}`);
  expect(critical.sort()).toEqual([`${id(1)} ${id(3)}`, `${id(3)} ${id(4)}`]);
});

describe('the layout', () => {
  test.each([true, false])('puts each after what it comes after, nothing over anything else, and those alone below (across: %s)', (across) => {
    const shape = shapeOf(TASKS);
    const { places, lines, width, height } = arrange(shape, SIZE, across);
    const at = (number: number) => places.find((place) => place.id === id(number))!;
    for (const { from, to } of shape.edges) {
      const [one, other] = [from, to].map((name) => places.find((place) => place.id === name)!);
      expect(across ? one!.x : one!.y).toBeLessThan(across ? other!.x : other!.y);
    }
    for (const one of places) {
      const over = places.filter((other) => other !== one && Math.abs(other.x - one.x) < SIZE.width && Math.abs(other.y - one.y) < SIZE.height);
      expect(over).toEqual([]);
      expect(one.x + SIZE.width / 2).toBeLessThanOrEqual(width);
      expect(one.y + SIZE.height / 2).toBeLessThanOrEqual(height);
    }
    expect(at(6).y).toBeGreaterThan(Math.max(...[1, 2, 3, 4, 5].map((number) => at(number).y)));
    expect(lines.every(({ path }) => /^M\d+ \d+C[\d LC]+$/.test(path))).toBe(true);
    expect(places[0]?.id).toBe(id(1));
  });

  test('leads a long edge past the nodes between, not over them', () => {
    const shape = shapeOf([task(1), task(2, [1]), task(3, [2]), task(4, [3]), task(5, [1]), task(6, [4, 5])]);
    const { places, lines } = arrange(shape, SIZE, true);
    const [long] = lines.toSorted((a, b) => b.path.length - a.path.length);
    const numbers = long!.path.match(/\d+/g)!.map(Number);
    const stops = numbers.flatMap((x, at) => (at % 2 === 0 ? [{ x, y: numbers[at + 1]! }] : []));
    const others = places.filter((place) => place.id !== long!.from && place.id !== long!.to);
    expect(others.filter(({ x, y }) => stops.some((stop) => Math.abs(stop.x - x) <= SIZE.width / 2 && Math.abs(stop.y - y) < SIZE.height / 2))).toEqual([]);
    expect(stops.length).toBeGreaterThan(4);
  });

  test('of tasks without any relation is a field, and of none is nothing', () => {
    const alone = Array.from({ length: 30 }, (_, at) => task(at + 1));
    const { places, width, height } = arrange(shapeOf(alone), SIZE, true);
    expect(places).toHaveLength(30);
    expect(width / height).toBeGreaterThan(1);
    expect(width / height).toBeLessThan(3);
    expect(arrange(shapeOf([]), SIZE, true).places).toEqual([]);
  });

  test('of the largest graph is made in a moment', () => {
    const many = Array.from({ length: NODES_MAX }, (_, at) => task(at + 1, at < 4 ? [] : [at - 3, 1 + ((at * 7) % (at - 1))]));
    const begun_ms = performance.now();
    arrange(shapeOf(many), SIZE, true);
    const took_ms = performance.now() - begun_ms;
    console.log(`${NODES_MAX} tasks laid out in ${Math.round(took_ms)} ms`);
    expect(took_ms).toBeLessThan(10_000);
  });
});

describe('an arrow', () => {
  test.each([true, false])('leads along edges, and where there is none to the nearest (across: %s)', (across) => {
    const shape = shapeOf(TASKS);
    const { places } = arrange(shape, SIZE, across);
    const [on, back, side] = (across ? ['right', 'left', 'next'] : ['next', 'previous', 'right']) as Arrow[];
    const go = (from: number, arrow: Arrow) => walk(places, shape.edges, id(from), arrow, across);
    expect([id(2), id(3)]).toContain(go(1, on!));
    expect(go(2, on!)).toBe(id(4));
    expect([id(2), id(3), id(5)]).toContain(go(4, back!));
    expect(go(5, on!)).toBe(id(4));
    expect([go(2, side!), go(3, side!)].some((found) => found !== undefined)).toBe(true);
    expect(go(6, 'right')).toBe(id(7));
    expect(go(1, back!)).toBeUndefined();
    expect(walk(places, shape.edges, 'TASK-9999', 'next', across)).toBeUndefined();
  });

  test('reaches every task from the first', () => {
    const shape = shapeOf(TASKS);
    const { places } = arrange(shape, SIZE, true);
    const reached = new Set([id(1)]);
    for (const from of reached) for (const arrow of ['left', 'right', 'previous', 'next'] as const) reached.add(walk(places, shape.edges, from, arrow, true) ?? from);
    expect([...reached].sort()).toEqual(TASKS.map((one) => one.id));
  });
});
