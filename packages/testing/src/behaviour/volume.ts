import { expect } from "vitest";
import type { Scenario } from "./behaviour-cases.js";

const many = Array.from({ length: 10_000 }, (_, index) => index);
/** In bytes: less than any link must take, more than any takes at once. */
const large = 400_000;

/** Much at once, and much in one. */
export function testVolume(scenario: Scenario): void {
  scenario("a burst of 10,000 events reaches a client whole and in order", async (stage) => {
    const client = stage.client();
    const seen: number[] = [];
    client.bus.on("number.counted", (count) => seen.push(count));
    await stage.settle();
    for (const count of many) stage.server.bus.emit("number.counted", count);
    await stage.becomes(() => seen, many);
  });

  scenario(
    "a burst of 10,000 events of a client reaches server and clients whole and in order",
    async (stage) => {
      const emitter = stage.client();
      const other = stage.client();
      const atServer: string[] = [];
      const atOther: string[] = [];
      stage.server.bus.on("note.added", (note) => atServer.push(note));
      other.bus.on("note.added", (note) => atOther.push(note));
      await stage.settle();
      for (const count of many) emitter.bus.emit("note.added", String(count));
      const expected = many.map(String);
      await stage.becomes(() => atServer, expected);
      await stage.becomes(() => atOther, expected);
    },
  );

  scenario("a message of 400 kB arrives whole, either way and as an answer", async (stage) => {
    const client = stage.client();
    const seen: string[] = [];
    const note = "é".repeat(large / 2);
    stage.server.bus.handle("value.echo", (value) => value);
    client.bus.on("note.added", (received) => seen.push(received));
    await stage.settle();
    stage.server.bus.emit("note.added", note);
    await stage.becomes(() => seen.map(({ length }) => length), [note.length]);
    expect(seen[0] === note).toBe(true);
    expect((await client.bus.request("value.echo", note)) === note).toBe(true);
  });
}
