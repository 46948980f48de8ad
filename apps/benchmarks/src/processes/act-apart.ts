import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Actor, actorOf } from "./actor.js";

/** What a process is asked. */
export interface Ask {
  readonly number: number;
  readonly method: string;
  readonly given: readonly unknown[];
}

/** What it answers. The first answer, number 0, says that it has begun. */
export type Answer = { readonly number: number } & (
  | { readonly value?: unknown }
  | { readonly failure: string }
);

const program = fileURLToPath(new URL("../actor.js", import.meta.url));

/** How long a process may take to end by itself, in milliseconds, before it is killed. */
const patience = 5_000;

/**
 * Starts a process that is an actor.
 *
 * @param module the URL of a module that exports `act`, which makes the methods.
 * @param argument what `act` is given.
 * @param label what the process is called: in errors, and as the name of its profile.
 */
export async function actApart<M>(module: string, argument: unknown, label: string): Promise<Actor<M>> {
  const child = fork(program, [module, JSON.stringify(argument)], {
    execArgv: ["--expose-gc", ...profiling(label)],
    serialization: "advanced",
  });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  const expect = (number: number) =>
    new Promise((resolve, reject) => waiting.set(number, { resolve, reject }));
  const begun = expect(0);
  child.on("message", (message) => {
    const answer = message as Answer;
    const question = waiting.get(answer.number);
    waiting.delete(answer.number);
    if ("failure" in answer) question?.reject(new Error(`The ${label} failed: ${answer.failure}`));
    else question?.resolve(answer.value);
  });
  child.on("error", (error) => {
    for (const { reject } of waiting.values()) reject(error);
  });
  const ended = new Promise<void>((resolve) => {
    child.on("exit", (code, signal) => {
      for (const { reject } of waiting.values())
        reject(new Error(`The ${label} ended before it was done (${signal ?? code}).`));
      resolve();
    });
  });
  await begun;
  return actorOf<M>(
    (method, given) => {
      if (!child.connected) return Promise.reject(new Error(`The ${label} has ended.`));
      const number = ++last;
      const answer = expect(number);
      child.send({ number, method, given } satisfies Ask);
      return answer;
    },
    async () => {
      if (child.connected) child.disconnect();
      const kill = setTimeout(() => child.kill("SIGKILL"), patience);
      await ended;
      clearTimeout(kill);
    },
  );
}

/** `BENCH_CPU_PROF=FOLDER` has each process write what it spent its time on, as `FOLDER/<label>-<time>.cpuprofile`. */
function profiling(label: string): string[] {
  const folder = process.env.BENCH_CPU_PROF;
  if (folder === undefined || folder === "") return [];
  const name = `${label}-${Date.now()}.cpuprofile`;
  return ["--cpu-prof", `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}`];
}
