import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Found } from "./suite.js";

/** One measurement: which implementation, for which row. */
export interface Task {
  readonly suite: string;
  readonly row: string;
  readonly implementation: string;
  readonly handicap: boolean;
}

/** What the measuring process answers. */
export type Answer = { readonly found: Found } | { readonly failure: string };

const program = fileURLToPath(new URL("../child.js", import.meta.url));

/**
 * Measures in a new process, so that no implementation sees type feedback, optimised code or garbage that another
 * left behind. Rejects when the work was not done as it should be.
 */
export function measureApart(task: Task): Promise<Found> {
  return new Promise((resolve, reject) => {
    const child = fork(program, [JSON.stringify(task)], { execArgv: ["--expose-gc"] });
    const fail = (why: string) => reject(new Error(why));
    let answer: Answer | undefined;
    child.on("message", (message) => {
      answer = message as Answer;
    });
    child.on("error", (error) => fail(error.message));
    child.on("exit", (code, signal) => {
      if (answer === undefined) fail(`ended without a figure (${signal ?? code})`);
      else if ("failure" in answer) fail(answer.failure);
      else resolve(answer.found);
    });
  });
}
