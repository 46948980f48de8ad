import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBus, defineContract, type EventwireError, event } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { connect } from "@eventwire/socket.io-client";
import { sqlite } from "@eventwire/sqlite";
import { Server } from "socket.io";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { eventually } from "../actors.js";
import { listen, quickly } from "../served-bus.js";

const Departure = z.object({ flight: z.string(), count: z.number() });
const airspace = defineContract({
  "flight.departed": event(Departure, { delivery: "durable", key: ({ flight }) => flight }),
  "flight.arrived": event(Departure, { delivery: "durable", key: ({ flight }) => flight }),
});

function createFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "eventwire-resume-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "airspace.db");
}

/** A server of a file, at a port. */
async function start(file: string, wanted?: number) {
  const errors: EventwireError[] = [];
  const bus = createBus(airspace, { broker: sqlite(file), onError: (error) => errors.push(error) });
  const { http, port } = await listen(wanted);
  const io = new Server(http, { serveClient: false });
  serve(bus, io, { authenticate: () => ({ id: "me" }), allow: { listen: { "*": true } } });
  let ended = false;
  const stop = async () => {
    if (ended) return;
    ended = true;
    // Connections are cut, as by the end of a process: nobody is told goodbye.
    http.closeAllConnections();
    await io.close();
    await bus.close();
  };
  onTestFinished(stop);
  const fly = async (count: number) => {
    const flight = `UA ${count % 3}`;
    await bus.emit("flight.departed", { flight, count });
    await bus.emit("flight.arrived", { flight, count });
  };
  return { port, stop, fly, errors };
}

it("goes on for every client where it was, through three ends of a server, by name, key and pattern", async () => {
  const file = createFile();
  let server = await start(file);
  const { port } = server;
  const errors: EventwireError[] = [];
  const bus = connect(airspace, `http://127.0.0.1:${port}`, {
    onError: (error) => errors.push(error),
    socket: { forceNew: true, ...quickly },
  });
  onTestFinished(() => bus.close());
  const all: string[] = [];
  const departed: number[] = [];
  const keyed: number[] = [];
  await bus.on("flight.*", ({ name, data }) => all.push(`${name} ${data.count}`)).ready;
  await bus.on("flight.departed", ({ count }) => departed.push(count)).ready;
  await bus.on("flight.arrived", ({ count }) => keyed.push(count), { key: "UA 1" }).ready;
  let count = 0;
  for (let life = 0; life < 4; life++) {
    for (let turn = 0; turn < 20; turn++) await server.fly(count++);
    if (life === 3) break;
    expect(server.errors).toEqual([]);
    await server.stop();
    server = await start(file, port);
  }
  const counts = Array.from({ length: count }, (_, index) => index);
  await eventually(() => expect(departed).toHaveLength(count));
  await eventually(() => expect(all).toHaveLength(2 * count));
  expect(departed).toEqual(counts);
  expect(all).toEqual(counts.flatMap((each) => [`flight.departed ${each}`, `flight.arrived ${each}`]));
  await eventually(() => expect(keyed).toEqual(counts.filter((each) => each % 3 === 1)));
  expect(errors).toEqual([]);
});
