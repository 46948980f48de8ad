import type { Task } from "./measure-apart.js";
import { type Found, ours, type Suite, type Versioned } from "./suite.js";

/** Measures in this process; slows ours where the task says so, and never a peer. */
export async function measureHere(suite: Suite<Versioned>, task: Task): Promise<Found> {
  const row = suite.rows.find(({ name }) => name === task.row);
  const load = task.implementation === ours ? suite.ours : suite.peers[task.implementation];
  if (row === undefined || load === undefined) {
    throw new Error(`The suite "${suite.name}" has no row "${task.row}" for "${task.implementation}".`);
  }
  const implementation = await load();
  const slowed = task.handicap && task.implementation === ours;
  return row.measure(slowed ? suite.handicap(implementation) : implementation);
}
