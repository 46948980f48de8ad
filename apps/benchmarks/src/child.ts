import type { Answer, Task } from "./harness/measure-apart.js";
import { measureHere } from "./harness/measure-here.js";
import { loadSuite } from "./suites.js";

const task: Task = JSON.parse(process.argv[2]!);

const answer: Answer = await loadSuite(task.suite)
  .then((suite) => measureHere(suite, task))
  .then(
    (found) => ({ found }),
    (error: unknown) => ({ failure: error instanceof Error ? error.message : String(error) }),
  );
if (process.send) process.send(answer, () => process.exit());
else console.log(answer);
