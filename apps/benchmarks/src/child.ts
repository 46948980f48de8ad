import type { Answer, Task } from "./harness/measure-apart.js";
import { ours } from "./harness/suite.js";
import { loadSuite } from "./suites.js";

const task: Task = JSON.parse(process.argv[2]!);

async function measure(): Promise<number> {
  const suite = await loadSuite(task.suite);
  const row = suite.rows.find(({ name }) => name === task.row)!;
  if (task.implementation !== ours) return row.measure(await suite.peers[task.implementation]!());
  const implementation = await suite.ours();
  return row.measure(task.handicap ? suite.handicap(implementation) : implementation);
}

const answer: Answer = await measure().then(
  (figure) => ({ figure }),
  (error: unknown) => ({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
);
process.send?.(answer, () => process.exit());
