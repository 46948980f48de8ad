import { expect } from "vitest";
import type { Scenario } from "./behaviour-cases.js";
import type { BehaviourFeatures } from "./harness.js";

const rich: Readonly<Record<string, unknown>> = {
  "a Date": new Date("2001-01-01T08:00:00.123Z"),
  "a bigint": -12_345_678_901_234_567_890n,
  bytes: Uint8Array.of(0, 1, 127, 128, 255),
  "no bytes": new Uint8Array(),
  "a Map": new Map<unknown, unknown>([
    ["a", 1],
    [2, new Set(["x"])],
  ]),
  "a Set": new Set([1, "1", 1n]),
  undefined: undefined,
  NaN: Number.NaN,
  infinities: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  "minus zero": -0,
  null: null,
  "an empty text": "",
  "an empty array": [],
  "an empty object": {},
  zero: 0,
  false: false,
  "names and text beyond ASCII": {
    "名前 🛩": "Zoë \u0000 \u2028 \ud83d\ude00",
    "with space": "\"quoted\\\n'",
  },
  "half a surrogate pair": "\ud83d!",
  "an object that looks like a tag": { $: ["date", 5] },
  "rich data, nested": { list: [{ at: new Date(5), ids: new Map([["n", 1n]]) }] },
};

/** What data may be, and that it is what was emitted. */
export function testData(scenario: Scenario, { boundary }: BehaviourFeatures): void {
  scenario("every kind of data arrives as it was emitted, both ways and in requests", async (stage) => {
    const client = stage.client();
    const atClient: unknown[] = [];
    const atServer: unknown[] = [];
    client.bus.on("value.changed", (value) => atClient.push(value));
    stage.server.bus.handle("value.echo", (value) => value);
    await stage.settle();
    const values = Object.values(rich);
    for (const value of values) stage.server.bus.emit("value.changed", value);
    await stage.becomes(() => atClient, values);
    stage.server.bus.on("value.changed", (value) => atServer.push(value));
    for (const value of values) client.bus.emit("value.changed", value);
    await stage.becomes(() => atServer, values);
    for (const [kind, value] of Object.entries(rich)) {
      expect(await client.bus.request("value.echo", value), kind).toEqual(value);
    }
  });

  scenario("a key may be any text of up to 256 bytes, or any finite number", async (stage) => {
    const client = stage.client();
    const rooms = ["", "é".repeat(128), "名前", "a.*", "__proto__", "constructor", 0, -1.5, 2 ** 53];
    const seen: unknown[] = [];
    for (const room of rooms) client.bus.on("word.said", (word) => seen.push(word.room), { key: room });
    await stage.settle();
    for (const room of rooms) stage.server.bus.emit("word.said", { room, text: "hello" });
    await stage.becomes(() => seen, rooms);
  });

  if (boundary) {
    scenario("changing an object after its emit changes nothing that was sent", async (stage) => {
      const client = stage.client();
      const atClient: unknown[] = [];
      const atServer: unknown[] = [];
      client.bus.on("value.changed", (value) => atClient.push(value));
      stage.server.bus.on("value.changed", (value) => atServer.push(structuredClone(value)));
      stage.server.bus.handle("value.echo", (value) => value);
      await stage.settle();
      const down = { list: [1], at: new Date(5) };
      stage.server.bus.emit("value.changed", down);
      down.list.push(2);
      down.at.setTime(6);
      await stage.becomes(() => atClient, [{ list: [1], at: new Date(5) }]);
      const up = { list: [1] };
      client.bus.emit("value.changed", up);
      const answer = client.bus.request("value.echo", up);
      up.list.push(2);
      expect(await answer).toEqual({ list: [1] });
      await stage.becomes(() => atServer.at(-1), { list: [1] });
    });

    scenario("what one client does to its data no other sees", async (stage) => {
      const spoiler = stage.client();
      const other = stage.client();
      const seen: unknown[] = [];
      spoiler.bus.on("value.changed", (value) => {
        (value as { list: number[] }).list.length = 0;
      });
      other.bus.on("value.changed", (value) => seen.push(value));
      await stage.settle();
      stage.server.bus.emit("value.changed", { list: [1] });
      await stage.becomes(() => seen, [{ list: [1] }]);
    });
  } else {
    scenario("within a process listeners share the very object that was emitted", async (stage) => {
      const client = stage.client();
      const value = { list: [1] };
      const seen: unknown[] = [];
      client.bus.on("value.changed", (received) => seen.push(received));
      stage.server.bus.emit("value.changed", value);
      expect(seen[0]).toBe(value);
    });
  }
}
