import { connect } from "@eventwire/socket.io-client";
import { airspace } from "../contract.js";
import { startCountingProxy } from "./counting-proxy.js";

/** What has crossed the connections of all pages so far. */
export interface Crossed {
  readonly events: number;
  readonly frames: number;
  /** Bytes of frames from the server. */
  readonly frameBytes: number;
  /** Bytes of TCP's payload, from the server and toward it. */
  readonly socketBytes: number;
  readonly sentSocketBytes: number;
}

/** The process of the pages without a page: each listens to what a page listens to, and loads the picture first. */
const [, , url, count] = process.argv;
const proxy = await startCountingProxy(url!);
const buses = Array.from({ length: Number(count) }, () => connect(airspace, proxy.url));

await Promise.all(
  buses.map(async (bus) => {
    const names = [
      "flight.departed",
      "flight.position",
      "flight.arrived",
      "replay.ticked",
      "alert.raised",
    ] as const;
    await Promise.all(names.map((name) => bus.on(name, () => undefined).ready));
    await bus.request("airspace.snapshot", {});
  }),
);

process.on("message", () => {
  const counters = buses.map((bus) => bus.connection.counters());
  const sum = (name: "eventsIn" | "framesIn" | "bytesIn") =>
    counters.reduce((total, each) => total + each[name], 0);
  const crossed: Crossed = {
    events: sum("eventsIn"),
    frames: sum("framesIn"),
    frameBytes: sum("bytesIn"),
    socketBytes: proxy.counts.down,
    sentSocketBytes: proxy.counts.up,
  };
  process.send!(crossed);
});
process.on("disconnect", () => process.exit());
process.send!("ready");
