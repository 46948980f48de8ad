import { join } from "node:path";
import { createBus } from "@eventwire/core";
import { sqlite } from "@eventwire/sqlite";
import type { TaskQueue } from "../tasks/task-queue.js";
import { contract, Problems, queueOf } from "./task-bus.js";

/** Durable tasks in one file: its receipt says that it survives a loss of power. */
export const tasks: TaskQueue = {
  async open({ address, name }) {
    const problems = new Problems();
    const broker = sqlite(join(address, `${name}.db`));
    const bus = createBus(contract, { broker, onError: problems.tell });
    await bus.position();
    return queueOf(bus, problems);
  },
};
