import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createBus } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { connect } from "@eventwire/socket.io-client";
import { sqlite } from "@eventwire/sqlite";
import { Server } from "socket.io";
import type { Place } from "../log/event-log.js";
import { listenerPort } from "../processes/listener-port.js";
import type { TaskQueue } from "../tasks/task-queue.js";
import { concurrency, contract, Problems, queueOf } from "./task-bus.js";

/** Where the address of who has the queue is written. */
const addressFile = ({ address, name }: Place) => join(address, `${name}.address`);

/** Durable tasks in the file of a hub, done by its clients. */
export const tasks: TaskQueue = {
  async open(place) {
    const problems = new Problems();
    const io = new Server(0, { transports: ["websocket"], serveClient: false });
    const broker = sqlite(join(place.address, `${place.name}.db`));
    const bus = createBus(contract, { broker, onError: problems.tell });
    serve(bus, io, {
      authenticate: () => ({ id: "client" }),
      allow: { work: { "*": true } },
      // As many at once as a worker that is here has, and none of the bounds on strangers.
      limits: { workerTasks: concurrency, requests: Infinity, messages: Infinity },
    });
    writeFileSync(addressFile(place), `http://127.0.0.1:${await listenerPort(io.httpServer)}`);
    const queue = queueOf(bus, problems);
    return { ...queue, close: () => Promise.all([queue.close(), io.close()]) };
  },
  async join(place) {
    const problems = new Problems();
    return queueOf(
      connect(contract, readFileSync(addressFile(place), "utf8"), { onError: problems.tell }),
      problems,
    );
  },
};
