import { expect, it } from "vitest";
import { encodeEntries } from "../../log/entries.js";
import { encodeFrame } from "../../log/frames.js";
import { restored } from "../../log/journal.js";
import { largest } from "../contract.js";
import { World } from "../world.js";
import { Unreadable } from "./unreadable.js";

const begin = encodeFrame(encodeEntries([{ type: "epoch", epoch: "e" }]), 0);

function eventOf(size: number, offset: number) {
  const body = new TextEncoder().encode(JSON.stringify([{ id: `i${offset}`, key: "a", size }]));
  const placed = { name: "order.placed", key: "a", shard: 1, time: 0, appendedAt: 0, boot: "1", uptime: 0 };
  return { type: "event", offset, id: `alias${offset}`, body, ...placed } as const;
}

it("knows what the log had that was put back, and nothing that every version reads", () => {
  const world = new World(1);
  const unreadable = new Unreadable(world);
  const events = encodeEntries([eventOf(largest.strict + 1, 1), eventOf(largest.strict, 2)]);
  world.disk.place("journal", Buffer.concat([begin, encodeFrame(events, begin.length)]));
  world.disk.place("journal", restored(begin, "f", new Set()).bytes);
  expect(unreadable.at("e.1")).toBe("alias1");
  expect(unreadable.at("e.2")).toBeUndefined();
  expect(unreadable.at("f.1")).toBeUndefined();
});
