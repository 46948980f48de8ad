import { expect } from "vitest";
import { packs } from "./message-pack.js";
import { array, event, json, type Packed, shape, text } from "./packing.js";
import type { RawPeer } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { heard, type ProtocolStage, refusal } from "./stage.js";

const tell = (number: number, ...names: readonly unknown[]): Packed =>
  json(JSON.stringify(["shape", number, names]));
const point = event(array(shape(0), [1], [2]));
const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => tell(from + index, `p${from + index}`));

/** Shapes that a server does not take, each as frames that it is told them in. */
const refused: Readonly<Record<string, readonly Packed[]>> = {
  "that is told twice": [tell(7, "x"), tell(7, "x")],
  "that is told twice, with other names": [tell(7, "x"), tell(7, "y")],
  "of more than 64 names": [tell(0, ...Array.from({ length: 65 }, (_, index) => `p${index}`))],
  "beyond the 256th": [tell(256, "x")],
  "of a number below 0": [tell(-1, "x")],
  "of a number that is none": [tell(1.5, "x")],
  "after more than 65,536 characters": [tell(255, "x".repeat(65_536)), tell(0, "x")],
  "with the name __proto__": [tell(0, "x", "__proto__")],
  "with a name that is no text": [tell(0, 1)],
  "in a run from the first on, which was an earlier form of it": [json('["shapes",0,[["x"]]]')],
};

const classified = (round: number) =>
  Array.from({ length: 40 }, (_, row) => ({ classified: row, round, remark: "nobody else's business" }));
const large = "x".repeat(100_000);
const takesParts = { ...packs, maxMessageBytes: 1_000_000 };

/** Ways in which a peer gets data, and a word in the names of its properties. */
const ways: readonly (readonly [
  what: string,
  word: string,
  get: (stage: ProtocolStage, peer: RawPeer, round: number) => Promise<unknown>,
])[] = [
  [
    "events",
    "classified",
    async (stage, peer, round) => {
      await stage.emits(["value.changed", classified(round)], ["value.changed", { classified: round }]);
      await peer.nextOf(2);
    },
  ],
  [
    "events in parts",
    "shards",
    async (stage, peer, round) => {
      const rows = classified(round).map((row) => ({ rows: row, shards: { round } }));
      await stage.emits(["value.changed", [rows, large]]);
      await stage.eventually(() => expect(peer.unread().at(-1)?.[0]).toBe("part"));
      await peer.hears();
    },
  ],
  [
    "what another peer emits",
    "classified",
    async (stage, peer, round) => {
      const other = await stage.welcomed(packs);
      const rows = classified(round).map((row, index) => event(json(JSON.stringify(row)), `id ${index}`));
      other.pack(...rows, ...rows);
      await peer.nextOf(80);
    },
  ],
  [
    "requests and their answers",
    "classified",
    async (_stage, peer, round) => {
      peer.say(...classified(round).map((row, ref) => ["request", ref, "value.echo", 5_000, row]));
      await peer.nextOf(40);
    },
  ],
  [
    "streamed answers",
    "classified",
    async (_stage, peer, round) => {
      peer.say(["request", 1, "value.series", 5_000, classified(round)], ["pull", 1, 100]);
      await peer.nextOf(42);
    },
  ],
  [
    "declared errors",
    "dividend",
    async (_stage, peer) => {
      const input = { dividend: 1, divisor: 0 };
      peer.say(...classified(0).map((_, ref) => ["request", ref, "division.result", 5_000, input]));
      await peer.nextOf(40);
    },
  ],
  [
    "what a server asks",
    "badge",
    async (_stage, peer) => {
      const asked = { name: "guard.confirm", badge: "b" };
      peer.say(...classified(0).map((_, ref) => ["request", ref, "suite.ask", 5_000, asked]));
      for (const [, ref] of await peer.nextOf(40)) peer.say(["answer", ref, true]);
      await peer.nextOf(40);
    },
  ],
];

/** Property names that are told once. */
export const shapes: ProtocolChapter = (declare, { messagepack }) => {
  if (!messagepack) {
    declare("shapes are refused where no codec was agreed", async (stage) => {
      const peer = await stage.welcomed(packs);
      peer.say(["shape", 0, ["x"]]);
      await peer.tells(refusal("Invalid"));
      await peer.tellsNothing();
    });
    return;
  }

  declare("extension 1 is an object of a shape that was told before", async (stage) => {
    const peer = await stage.welcomed(packs);
    const other = await stage.listening("value.changed");
    peer.pack(tell(0, "x", "y"), tell(1));
    peer.pack(point, event(array(shape(1))));
    await other.tells(heard("value.changed", { x: 1, y: 2 }), heard("value.changed", {}));
  });

  declare("shapes count from the message after them on, and nested ones as well", async (stage) => {
    const peer = await stage.welcomed(packs);
    const other = await stage.listening("value.changed");
    peer.pack(
      tell(0, "x", "y"),
      tell(1, "a"),
      event(array(shape(1), array(shape(0), [1], array(shape(1), [2])))),
    );
    await other.tells(heard("value.changed", { a: { x: 1, y: { a: 2 } } }));
    await peer.tellsNothing();
  });

  declare("shapes are told in any order, and some never", async (stage) => {
    const peer = await stage.welcomed(packs);
    const other = await stage.listening("value.changed");
    peer.pack(tell(200, "a"), event(array(shape(200), [1])), tell(3, "b"), event(array(shape(3), [2])));
    peer.pack(tell(255, "c"), event(array(shape(200), array(shape(255), array(shape(3), [3])))));
    await other.tells(
      heard("value.changed", { a: 1 }),
      heard("value.changed", { b: 2 }),
      heard("value.changed", { a: { c: { b: 3 } } }),
    );
    await peer.tellsNothing();
  });

  declare("shapes are told in frames of either form", async (stage) => {
    const peer = await stage.welcomed(packs);
    const other = await stage.listening("value.changed");
    peer.say(["shape", 0, ["x", "y"]], ["event", "value.changed", 7, "id"]);
    peer.pack(array(text("shape"), [1], array(text("a"))), point, event(array(shape(1), [3])));
    await other.tells(
      heard("value.changed", 7),
      heard("value.changed", { x: 1, y: 2 }),
      heard("value.changed", { a: 3 }),
    );
    peer.say(["shape", 0, ["x", "y"]], ["event", "value.changed", 8, "id"]);
    await peer.tells(refusal("Invalid"));
    await other.tellsNothing();
  });

  declare("shapes have numbers of their own on each link", async (stage) => {
    const [first, second] = [await stage.welcomed(packs), await stage.welcomed(packs)];
    const other = await stage.listening("value.changed");
    first.pack(tell(0, "x", "y"));
    await first.tellsNothing();
    second.pack(point);
    await second.tells(refusal("Invalid"));
    second.pack(tell(0, "a", "b"), point);
    await other.tells(heard("value.changed", { a: 1, b: 2 }));
  });

  declare("up to 256 shapes are told, of up to 64 names, and up to 65,536 characters", async (stage) => {
    const peer = await stage.welcomed(packs);
    const other = await stage.listening("value.changed");
    const widest = Array.from({ length: 64 }, (_, index) => `p${index}`);
    const others = Array.from({ length: 254 }, (_, index) => `p${index}`);
    const left = 65_536 - [...widest, ...others].join("").length;
    peer.pack(tell(255, "n".repeat(left)), ...numbered(0, 254), tell(254, ...widest));
    await peer.tellsNothing();
    peer.pack(event(array(shape(254), ...widest.map((_, index) => [index]))), event(array(shape(255), [7])));
    await other.tells(
      heard("value.changed", Object.fromEntries(widest.map((name, index) => [name, index]))),
      heard("value.changed", { ["n".repeat(left)]: 7 }),
    );
  });

  for (const [what, frames] of Object.entries(refused)) {
    declare(`a shape ${what} is refused`, async (stage) => {
      const peer = await stage.welcomed(packs);
      for (const frame of frames) peer.pack(frame);
      await peer.tells(refusal("Invalid"));
      await peer.tellsNothing();
    });
  }

  declare("a shape that was refused changes nothing of those told before", async (stage) => {
    const peer = await stage.welcomed(packs);
    const other = await stage.listening("value.changed");
    peer.pack(tell(0, "x", "y"));
    peer.pack(tell(0, "a", "b"), point);
    await peer.tells(refusal("Invalid"));
    peer.pack(point);
    await other.tells(heard("value.changed", { x: 1, y: 2 }));
  });

  for (const [what, object] of Object.entries({
    "that was not told": array(shape(1), [1], [2]),
    "of fewer names": array(shape(0), [1], [2], [3]),
    "of more names": array(shape(0), [1]),
  })) {
    declare(`an object of a shape ${what} is refused with its frame`, async (stage) => {
      const peer = await stage.welcomed(packs);
      const other = await stage.listening("value.changed");
      peer.pack(tell(0, "x", "y"), event(object), point);
      await peer.tells(refusal("Invalid"));
      await peer.tellsNothing();
      await other.tellsNothing();
    });
  }

  declare("the server tells each shape once, before it uses it", async (stage) => {
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
    expect(naming(peer, '"shape"'), "frames that tell shapes").toBeGreaterThan(0);
  });

  for (const [what, word, get] of ways) {
    declare(`a peer learns no names of properties that only ${what} of others have`, async (stage) => {
      const listening = async (name: string) => {
        const one = await stage.greeting(takesParts);
        await one.tells(["welcome", expect.anything()]);
        one.say(["reads", "messagepack"], ["listen", 901, name]);
        await one.tells(["listening", 901]);
        return one;
      };
      const [peer, bystander] = [await listening("value.changed"), await listening("word.said")];
      const words = Array.from({ length: 40 }, (_, room) => ["word.said", { room, text: "hello" }] as const);
      for (let round = 0; round < 3; round++) {
        await get(stage, peer, round);
        await stage.emits(...words);
        await bystander.tells(...words.map(([name, data]) => heard(name, data)));
      }
      expect(framesOfBytes(bystander), "frames of bytes").toBeGreaterThan(0);
      expect(naming(peer, word), "frames that name it to who gets it").toBeGreaterThan(0);
      expect(naming(bystander, word), "frames that name it to others").toBe(0);
    });
  }
};

/** How many frames have a word in them, be they of text or of bytes. */
function naming({ frames }: RawPeer, word: string): number {
  return frames.filter((frame) =>
    (typeof frame === "string" ? frame : String.fromCharCode(...frame)).includes(word),
  ).length;
}

export function framesOfBytes({ frames }: RawPeer): number {
  return frames.filter((frame) => typeof frame !== "string").length;
}
