import { parentPort } from "node:worker_threads";
import { simulate } from "../simulation/simulate.js";

const port = parentPort!;

port.on("message", async (seed: number) => port.postMessage(await simulate(seed)));
