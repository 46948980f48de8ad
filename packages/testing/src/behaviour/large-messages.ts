import { expect } from "vitest";
import type { Scenario } from "./behaviour-cases.js";
import type { BehaviourFeatures } from "./harness.js";

/** In characters or bytes: several parts of any link, and more than a frame of some. */
const size = 1_500_000;
const large = "large ".repeat(size / 6);
const bytes = Uint8Array.from({ length: size }, (_, index) => index % 251);

/** Over the slowest network, in milliseconds. */
const patient = 60_000;

/** What is larger than a frame, and what is small beside it. */
export function testLargeMessages(scenario: Scenario, { boundary }: BehaviourFeatures): void {
  scenario("events of several parts arrive whole, of text and of bytes, either way", async (stage) => {
    const client = stage.client();
    const seen: unknown[] = [];
    client.bus.on("value.changed", (value) => seen.push(value));
    await stage.settle();
    for (const value of [large, { bytes, letters: "é" }]) stage.server.bus.emit("value.changed", value);
    const expected = (count: number) => Array.from({ length: count }, () => true);
    const whole = () => seen.map((value) => isWhole(value));
    await stage.becomes(whole, expected(2));
    stage.server.bus.on("value.changed", (value) => seen.push(value));
    for (const value of [large, { bytes, letters: "é" }]) client.bus.emit("value.changed", value);
    await stage.becomes(whole, expected(boundary ? 4 : 6));
  });

  scenario("a request and its answer of several parts arrive whole", async (stage) => {
    const client = stage.client();
    stage.server.bus.handle("value.echo", (value) => value);
    await stage.settle();
    const [answer, other] = await Promise.all([
      client.bus.request("value.echo", large, { timeout: patient }),
      client.bus.request("value.echo", bytes.subarray(0, 100_000), { timeout: patient }),
    ]);
    expect(isWhole(answer)).toBe(true);
    expect(other).toEqual(bytes.slice(0, 100_000));
  });

  if (!boundary) return;

  scenario("items of several parts arrive in their order, before the end of their stream", async (stage) => {
    const client = stage.client();
    const series = Array.from({ length: 5 }, (_, count) => count);
    client.bus.handle("note.lines", async function* (note) {
      for (const count of series) yield `${count}${note}`;
    });
    await stage.settle();
    const lines: string[] = [];
    const note = "x".repeat(150_000);
    for await (const line of stage.peers.request("note.lines", note)) lines.push(line);
    expect(lines.map((line) => [line[0], line.length])).toEqual(
      series.map((count) => [String(count), note.length + 1]),
    );
  });

  scenario(
    "what is small overtakes a large event, but for what is of its key, from either side",
    async (stage) => {
      const client = stage.client();
      const atClient: string[] = [];
      const atServer: string[] = [];
      client.bus.on("word.said", ({ room, text }) => atClient.push(`${room} ${text.slice(0, 5)}`));
      stage.server.bus.on("shout.made", ({ room, text }) => atServer.push(`${room} ${text.slice(0, 5)}`));
      await stage.settle();
      const said = [
        { room: "a", text: large },
        { room: "a", text: "after" },
        { room: "b", text: "small" },
      ];
      for (const word of said) stage.server.bus.emit("word.said", word);
      for (const word of said) client.bus.emit("shout.made", word);
      const expected = ["b small", "a large", "a after"];
      // Together: what is still on its way when one has settled may be lost where connections are broken.
      await stage.becomes(() => [atClient, atServer], [expected, expected]);
    },
  );
}

function isWhole(value: unknown): boolean {
  if (typeof value === "string") return value === large;
  const { bytes: got, letters } = value as { readonly bytes: Uint8Array; readonly letters: string };
  return letters === "é" && got.length === size && isSame(got);
}

/** Looks at each byte of the first and last kilobytes, and at some between: conditions are asked often. */
function isSame(got: Uint8Array): boolean {
  for (let index = 0; index < size; index += index < 1_000 || index > size - 1_000 ? 1 : 97)
    if (got[index] !== bytes[index]) return false;
  return true;
}
