import * as fc from "fast-check";
import { expect, it } from "vitest";
import { messageOf, type Packet, packetOf } from "./packets.js";

const reason = { code: "Done", message: "All was said.", retryable: false };
const packets: readonly Packet[] = [
  ["seek", "a"],
  ["serving", "a", { since: 1 }],
  ["serving", "a", { since: 1, lock: "eventwire:l" }],
  ["open", "a", { server: "s", lock: "eventwire:l" }],
  ["opened", "a"],
  ["frame", "a", "[]"],
  ["frame", "a", undefined],
  ["took", "a", 7],
  ["close", "a", reason],
  ["closed", "a"],
];

it("reads what it writes", () => {
  for (const packet of packets) {
    const [kind, id, value] = packet;
    expect(packetOf(structuredClone(messageOf(packet)))).toEqual([kind, id, value]);
  }
});

it.each<readonly [string, unknown]>([
  ["what is not marked", ["other", "seek", "a"]],
  ["an unknown kind", ["eventwire", "constructor", "a"]],
  ["a kind that is no text", ["eventwire", 7, "a"]],
  ["no id", ["eventwire", "seek", ""]],
  ["an id of 101 characters", ["eventwire", "seek", "x".repeat(101)]],
  ["an id that is no text", ["eventwire", "frame", { toString: () => "a" }, "x"]],
  ["a server without a time", ["eventwire", "serving", "a", {}]],
  ["a server since NaN", ["eventwire", "serving", "a", { since: Number.NaN }]],
  ["a lock that is no name", ["eventwire", "serving", "a", { since: 1, lock: 7 }]],
  ["a lock of the application's own", ["eventwire", "open", "a", { server: "s", lock: "cart server" }]],
  ["an opening for nobody", ["eventwire", "open", "a", { lock: "eventwire:l" }]],
  ["nothing taken", ["eventwire", "took", "a", 0]],
  ["less than nothing taken", ["eventwire", "took", "a", -1]],
  ["no number taken", ["eventwire", "took", "a", "7"]],
  ["NaN taken", ["eventwire", "took", "a", Number.NaN]],
  ["an end without a reason", ["eventwire", "close", "a"]],
  ["an end with a long reason", ["eventwire", "close", "a", { ...reason, message: "x".repeat(501) }]],
  ["an end that may be retryable", ["eventwire", "close", "a", { ...reason, retryable: 1 }]],
])("takes no packet of %s", (_, message) => {
  expect(packetOf(message)).toBeUndefined();
});

it("takes whatever else the application posts for none of its own, and never fails at it", () => {
  const piece = fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true });
  const kinds = fc.constantFrom<unknown>(
    "seek",
    "serving",
    "open",
    "opened",
    "frame",
    "took",
    "close",
    "closed",
    "toString",
  );
  const near = fc.tuple(
    fc.constant("eventwire"),
    fc.oneof(kinds, piece),
    fc.oneof(fc.constant("a"), piece),
    piece,
  );
  fc.assert(
    fc.property(fc.oneof(piece, near), (message) => {
      const packet = packetOf(message);
      if (packet) expect(messageOf(packet)).toEqual((message as unknown[]).slice(0, 4));
    }),
    { numRuns: 2_000 },
  );
});
