// `node apps/flights/dist/traffic.js [pages] [seconds]`: what the app sends its pages, and what that costs the server.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { connect } from "@eventwire/socket.io-client";
import { startFlights } from "../app.js";
import { airspace } from "../contract.js";
import type { Crossed } from "./watchers.js";

/** Simulated, on the first day: when the sky is full. */
const noon = "2001-01-01T12";
const [hasty, usual] = [3_600, 180];

const [, , pages = "1", seconds = "20"] = process.argv;
const flights = await startFlights({ port: 0, speed: hasty });
while (flights.health().simulatedTime < noon) await wait(50);
await setSpeed(usual);

const watchers = fork(fileURLToPath(new URL("./watchers.js", import.meta.url)), [flights.url, pages]);
await answerOf(watchers);
const before = await crossed();
const usage = process.cpuUsage();
const start = performance.now();
await wait(Number(seconds) * 1_000);
const { user, system } = process.cpuUsage(usage);
const after = await crossed();
const elapsed = (performance.now() - start) / 1_000;
const { airborne, simulatedTime } = flights.health();

const rate = (name: keyof Crossed) => (after[name] - before[name]) / elapsed / Number(pages);
console.log(`${pages} pages for ${seconds} s, until ${simulatedTime}, with ${airborne} aircraft in the air`);
console.table({
  "events/s to a page": Math.round(rate("events")),
  "frames/s to a page": Number(rate("frames").toFixed(1)),
  "bytes/s of frames to a page": Math.round(rate("frameBytes")),
  "bytes/s on the socket to a page": Math.round(rate("socketBytes")),
  "bytes/s on the socket from a page": Number(rate("sentSocketBytes").toFixed(1)),
  "ms of processor a second at the server": Number(((user + system) / 1_000 / elapsed).toFixed(1)),
});
watchers.disconnect();
await flights.close();

/** By a page's own request, since the replay's knobs are everyone's. */
async function setSpeed(speed: number): Promise<void> {
  const bus = connect(airspace, flights.url);
  await bus.request("replay.control", { speed });
  await bus.close();
}

async function crossed(): Promise<Crossed> {
  watchers.send("crossed?");
  return (await answerOf(watchers)) as Crossed;
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const [answer] = (await once(child, "message")) as [unknown];
  return answer;
}
