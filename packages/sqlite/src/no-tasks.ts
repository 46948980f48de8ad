import { type Tasks, UnsupportedError } from "@eventwire/core";

async function refuse(): Promise<never> {
  throw new UnsupportedError("A broker on SQLite keeps no tasks yet.");
}

export const noTasks: Tasks = {
  enqueue: refuse,
  claim: refuse,
  settle: refuse,
  counts: refuse,
  dead: refuse,
  redrive: refuse,
  watch: () => () => undefined,
};
