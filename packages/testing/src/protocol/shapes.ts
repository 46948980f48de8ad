import { expect } from "vitest";
import { packs } from "./message-pack.js";
import { array, event, json, type Packed, shape } from "./packing.js";
import type { RawPeer } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { heard, refusal } from "./stage.js";

const tell = (first: number, shapes: readonly (readonly string[])[]): Packed =>
  json(JSON.stringify(["shapes", first, shapes]));
const point = event(array(shape(0), [1], [2]));
const numbered = (count: number) => Array.from({ length: count }, (_, index) => [`p${index}`]);

/** Shapes that a server does not take, each as frames that it is told them in. */
const refused: Readonly<Record<string, readonly Packed[]>> = {
  "that begin beyond the next number": [tell(1, [["x"]])],
  "that are told twice": [tell(0, [["x"]]), tell(0, [["x"]])],
  "of more than 64 names": [tell(0, [Array.from({ length: 65 }, (_, index) => `p${index}`)])],
  "beyond the 256th": [tell(0, numbered(256)), tell(256, [["x"]])],
  "of more than 65,536 characters together": [tell(0, [["x".repeat(65_537)]])],
  "with the name __proto__": [tell(0, [["x", "__proto__"]])],
  "with a name that is no text": [json('["shapes",0,[[1]]]')],
};

/** Property names that are told once. */
export const shapes: ProtocolChapter = (declare, { messagepack }) => {
  if (!messagepack) return;

  declare("extension 1 is an object of a shape that was told before", async (stage) => {
    const peer = await stage.welcomed(packs);
    const other = await stage.listening("value.changed");
    peer.pack(tell(0, [["x", "y"], []]));
    peer.pack(point, event(array(shape(1))));
    await other.tells(heard("value.changed", { x: 1, y: 2 }), heard("value.changed", {}));
  });

  declare("shapes count from the message after them on, and nested ones as well", async (stage) => {
    const peer = await stage.welcomed(packs);
    const other = await stage.listening("value.changed");
    peer.pack(
      tell(0, [["x", "y"]]),
      tell(1, [["a"]]),
      event(array(shape(1), array(shape(0), [1], array(shape(1), [2])))),
    );
    await other.tells(heard("value.changed", { a: { x: 1, y: { a: 2 } } }));
    await peer.tellsNothing();
  });

  declare("shapes are numbered anew on each link", async (stage) => {
    const [first, second] = [await stage.welcomed(packs), await stage.welcomed(packs)];
    const other = await stage.listening("value.changed");
    first.pack(tell(0, [["x", "y"]]));
    await first.tellsNothing();
    second.pack(point);
    await second.tells(refusal("Invalid"));
    second.pack(tell(0, [["a", "b"]]), point);
    await other.tells(heard("value.changed", { a: 1, b: 2 }));
  });

  declare("up to 256 shapes are told, of up to 64 names, and up to 65,536 characters", async (stage) => {
    const peer = await stage.welcomed(packs);
    const other = await stage.listening("value.changed");
    const widest = Array.from({ length: 64 }, (_, index) => `p${index}`);
    const left = 65_536 - [...widest, ...numbered(254).flat()].join("").length;
    peer.pack(tell(0, numbered(254)), tell(254, [widest, ["n".repeat(left)]]));
    await peer.tellsNothing();
    peer.pack(event(array(shape(254), ...widest.map((_, index) => [index]))), event(array(shape(255), [7])));
    await other.tells(
      heard("value.changed", Object.fromEntries(widest.map((name, index) => [name, index]))),
      heard("value.changed", { ["n".repeat(left)]: 7 }),
    );
  });

  for (const [what, frames] of Object.entries(refused)) {
    declare(`shapes ${what} are refused`, async (stage) => {
      const peer = await stage.welcomed(packs);
      for (const frame of frames) peer.pack(frame);
      await peer.tells(refusal("Invalid"));
      await peer.tellsNothing();
    });
  }

  declare("shapes that are told in text are refused", async (stage) => {
    const peer = await stage.welcomed(packs);
    peer.say(["shapes", 0, [["x", "y"]]]);
    await peer.tells(refusal("Invalid"));
    peer.pack(point);
    await peer.tells(refusal("Invalid"));
  });

  for (const [what, object] of Object.entries({
    "that was not told": array(shape(1), [1], [2]),
    "of fewer names": array(shape(0), [1], [2], [3]),
    "of more names": array(shape(0), [1]),
  })) {
    declare(`an object of a shape ${what} is refused with its frame`, async (stage) => {
      const peer = await stage.welcomed(packs);
      const other = await stage.listening("value.changed");
      peer.pack(tell(0, [["x", "y"]]), event(object), point);
      await peer.tells(refusal("Invalid"));
      await peer.tellsNothing();
      await other.tellsNothing();
    });
  }

  declare("the server tells its shapes before it uses them, each once, in turn", async (stage) => {
    const peer = await stage.welcomed(packs);
    peer.say(["reads", "messagepack"], ["listen", 1, "value.changed"]);
    await peer.tells(["listening", 1]);
    const rows = (round: number) =>
      Array.from({ length: 40 }, (_, row) => ({
        row,
        round,
        name: `name of row ${row}`,
        at: { $: ["date", row] },
      }));
    for (let round = 0; round < 3; round++) {
      await stage.emits(["value.changed", rows(round)], ["value.changed", { id: 1, other: rows(round) }]);
      await peer.tells(
        heard("value.changed", rows(round)),
        heard("value.changed", { id: 1, other: rows(round) }),
      );
    }
    expect(framesOfBytes(peer), "frames of bytes").toBeGreaterThan(0);
  });
};

export function framesOfBytes({ frames }: RawPeer): number {
  return frames.filter((frame) => typeof frame !== "string").length;
}
