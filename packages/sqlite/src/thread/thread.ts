import { parentPort, workerData } from "node:worker_threads";
import type { FromThread, ThreadData, ToThread } from "../messages.js";
import { failureOf } from "./failures.js";
import { FileServer } from "./file-server.js";
import { openFile } from "./open-file.js";

/* The thread that a broker has for its file, so that nobody waits for the disk who does not want to. */

const port = parentPort!;
const data: ThreadData = workerData;
const post = (message: FromThread, transfer: readonly ArrayBuffer[] = []) =>
  port.postMessage(message, [...transfer]);

try {
  const { file, busyTimeout } = data;
  const opened = await openFile(file, busyTimeout);
  const server = new FileServer(opened, data, post);
  port.on("message", async (message: ToThread) => {
    if (message.type !== "close") server.receive(message);
    else {
      await server.close(message.drain);
      port.close();
    }
  });
  post({ type: "opened", epoch: opened.epoch });
} catch (error) {
  post({ type: "failed", failure: failureOf(data.file, error) });
}
