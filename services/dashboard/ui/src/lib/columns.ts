// The board's columns: which tasks stand where, in an order that stays while somebody is at it.

import { idNumber, type Priority, type TaskRow, type TaskStatus } from './rows';

export const BOARD_STATUSES: readonly TaskStatus[] = ['pending', 'in_progress', 'blocked', 'in_review', 'completed', 'failed', 'cancelled'];

export interface Lane {
  /** The goal, or nothing when all stand in one lane. */
  goal: string;
  columns: Map<TaskStatus, TaskRow[]>;
  size: number;
}

const PRIORITIES: Record<Priority, number> = { critical: 0, high: 1, medium: 2, low: 3 };

/** The most important first, then the oldest: an order that no change of a text or a claim disturbs. */
export const byWeight = (one: TaskRow, another: TaskRow) => PRIORITIES[one.priority] - PRIORITIES[another.priority] || idNumber(one.id) - idNumber(another.id);

/** Lanes by goal, newest goal first, or all in one. With `before`, what stood in a column stays where it is and what is new in it comes last. */
export function lanesOf(rows: readonly TaskRow[], isByGoal: boolean, before?: readonly Lane[]): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const row of rows) {
    const goal = isByGoal ? row.goal : '';
    let lane = lanes.get(goal);
    if (!lane) lanes.set(goal, (lane = { goal, columns: new Map(), size: 0 }));
    lane.size += 1;
    const column = lane.columns.get(row.status);
    if (column) column.push(row);
    else lane.columns.set(row.status, [row]);
  }
  const places = before && placesIn(before);
  for (const lane of lanes.values()) for (const [status, column] of lane.columns) column.sort(places ? asBefore(places, lane.goal + status) : byWeight);
  return [...lanes.values()].sort((a, b) => idNumber(b.goal) - idNumber(a.goal));
}

/** Where each card stood: its column, and how far down. */
function placesIn(lanes: readonly Lane[]): Map<string, [column: string, place: number]> {
  return new Map(lanes.flatMap(({ goal, columns }) => [...columns].flatMap(([status, rows]) => rows.map(({ id }, place): [string, [string, number]] => [id, [goal + status, place]]))));
}

function asBefore(places: ReturnType<typeof placesIn>, column: string): (one: TaskRow, another: TaskRow) => number {
  const placeOf = ({ id }: TaskRow) => {
    const [where, place] = places.get(id) ?? [];
    return where === column && place !== undefined ? place : Infinity;
  };
  return (one, another) => {
    const [here, there] = [placeOf(one), placeOf(another)];
    return here === there ? byWeight(one, another) : here - there;
  };
}

/** The status beside this one. */
export function beside(status: TaskStatus, step: 1 | -1): TaskStatus | undefined {
  return BOARD_STATUSES[BOARD_STATUSES.indexOf(status) + step];
}
