import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBus, defineContract, event, type Since, task } from "@eventwire/core";
import { sqlite } from "@eventwire/sqlite";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { eventually } from "../actors.js";

const Departure = z.object({ flight: z.string(), gate: z.number() });
const airspace = defineContract({
  "flight.departed": event(Departure, { delivery: "durable", key: (departure) => departure.flight }),
  "flight.divert": task(Departure, { key: (departure) => departure.flight }),
});

function createFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "eventwire-restarts-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "airspace.db");
}

function start(file: string) {
  const errors: unknown[] = [];
  const bus = createBus(airspace, { broker: sqlite(file), onError: (error) => errors.push(error) });
  onTestFinished(() => bus.close());
  return { bus, errors };
}

it("goes on after each restart: a listener from its offset, a group from its cursor, and work that was left", async () => {
  const file = createFile();
  const heard: number[] = [];
  const grouped: number[] = [];
  const done: number[] = [];
  let since: Since = "start";
  for (let life = 0; life < 3; life++) {
    const { bus, errors } = start(file);
    for (let count = 0; count < 20; count++) {
      const gate = life * 20 + count;
      const flight = `UA ${count % 4}`;
      await bus.emit("flight.departed", { flight, gate });
      await bus.enqueue("flight.divert", { flight, gate });
    }
    bus.on(
      "flight.departed",
      ({ gate }, { offset }) => {
        heard.push(gate);
        since = offset!;
      },
      { since },
    );
    bus.on("flight.departed", ({ gate }) => void grouped.push(gate), { group: "board", since: "start" });
    if (life === 2) bus.work("flight.divert", ({ gate }) => void done.push(gate), { concurrency: 4 });
    const total = (life + 1) * 20;
    await eventually(() => expect([heard.length, grouped.length]).toEqual([total, total]));
    if (life === 2) await eventually(() => expect(done).toHaveLength(total));
    await bus.close({ drain: 5_000 });
    expect(errors).toEqual([]);
  }
  const all = Array.from({ length: 60 }, (_, gate) => gate);
  expect(heard).toEqual(all);
  expect([...grouped].sort((one, other) => one - other)).toEqual(all);
  for (let key = 0; key < 4; key++) {
    const ofKey = (gates: readonly number[]) => gates.filter((gate) => gate % 4 === key);
    expect(ofKey(grouped), "in order of the key").toEqual(ofKey(all));
    expect(ofKey(done), "in order of the key").toEqual(ofKey(all));
  }
});

it("tells who comes back that what it has not read was let go", async () => {
  const file = createFile();
  const broker = sqlite(file);
  await broker.open();
  const { bus } = start(file);
  const { offset } = await bus.emit("flight.departed", { flight: "UA 1", gate: 1 });
  for (let gate = 2; gate <= 5; gate++) await bus.emit("flight.departed", { flight: "UA 1", gate });
  await broker.log.trim({ before: 5 });
  await broker.close({ drain: 1_000 });
  const heard: (number | string)[] = [];
  bus.on("flight.departed", ({ gate }) => void heard.push(gate), {
    since: offset!,
    onGap: ({ reason }) => heard.push(reason),
  });
  await eventually(() => expect(heard).toEqual(["trimmed", 5]));
});
