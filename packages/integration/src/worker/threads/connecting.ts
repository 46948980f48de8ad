import { parentPort, workerData } from "node:worker_threads";
import { connect } from "@eventwire/worker";
import { mill } from "./contract.js";

/** A thread that connects, by its parent's port or by the broadcast channel of the name it is given, and mills what it hears of. */
const name: unknown = workerData;
const bus = connect(mill, typeof name === "string" ? new BroadcastChannel(name) : parentPort!);
bus.on("grain.poured", (grain) => bus.emit("flour.milled", { grain, at: new Date(grain) }));
