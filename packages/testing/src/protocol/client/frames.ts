import { expect } from "vitest";
import { heads } from "../message-pack.js";
import { array, json, type Packed, shape, text } from "../packing.js";
import { kept } from "../values.js";
import type { ProtocolClientChapter } from "./client-cases.js";
import { heard, learns } from "./stage.js";

/** How a client reads what it is sent. */
export const frames: ProtocolClientChapter = (declare, { messagepack }) => {
  declare("what is no frame is reported, and the link goes on", async (stage) => {
    const { peer } = await stage.welcomed();
    for (const frame of ["not JSON", '{"a":1}', '[["event","value.changed",{"$":["what"]},"i",5]]'])
      peer.sayRaw(frame);
    await learns(peer, { error: "Invalid" }, { error: "Invalid" }, { error: "Invalid" });
    peer.say(["event", "number.counted", 1, "id", 5]);
    await learns(peer, heard("number.counted", 1));
  });

  declare("messages that are unknown, or of a wrong shape, keep back no others", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(
      ["what", 1],
      ["event", "number.counted", 1, "id", 5],
      ["listening", "x"],
      ["event", "number.counted", 2, "id", 5],
    );
    const came = (await peer.nextOf(3)).map(([, , what]) => what);
    expect(came.filter((what) => JSON.stringify(what).includes("error"))).toEqual([{ error: "Invalid" }]);
    expect(came.filter((what) => JSON.stringify(what).includes("heard"))).toEqual([
      heard("number.counted", 1),
      heard("number.counted", 2),
    ]);
  });

  declare("what clients alone send is passed over", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(["listen", 1, "note.added"], ["sync", 2], ["auth", 3, {}], ["unlisten", 4]);
    await peer.tellsNothing();
  });

  declare("answers to numbers that are not waited for are passed over", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(
      ["answer", 901, 1],
      ["item", 902, 1],
      ["streaming", 903],
      ["listening", 904],
      ["authorized", 905],
    );
    peer.say(["failed", 906, { code: "Denied", message: "" }], ["synced", 907]);
    await peer.tellsNothing();
  });

  declare("a ping is answered by a pong with its number, over any link", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(["ping", 5], ["ping", 6]);
    await peer.tells(["pong", 6]);
    peer.say(["ping"]);
    await peer.tells(["pong"]);
  });

  declare("whenever it has sent 250,000 bytes more it asks how far the server is", async (stage) => {
    const { peer } = await stage.welcomed();
    const emit = Array.from({ length: 20 }, () => ["note.added", "x".repeat(30_000)]);
    stage.tell(peer, { emit });
    await peer.nextOf(20);
    await peer.fence();
    const asked = peer.pings.filter((number) => number !== undefined);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked[0]).toBeGreaterThanOrEqual(250_000);
    expect(asked.at(-1)).toBeLessThanOrEqual(peer.bytes);
  });

  for (const [what, value] of Object.entries(kept)) {
    declare(`${what}: a client takes it as it is written, and writes it so`, async (stage) => {
      const { peer } = await stage.welcomed();
      peer.say(["event", "value.changed", value, "id", 5]);
      await learns(peer, heard("value.changed", value));
    });
  }

  if (!messagepack) {
    declare("a client that reads no MessagePack does not say that it does", async (stage) => {
      const { fields } = await stage.greeted();
      expect(fields).not.toHaveProperty("codecs");
    });
    return;
  }

  declare("welcomed with a codec it says that it reads it, and else does not", async (stage) => {
    const first = await stage.welcomed();
    await first.peer.tellsNothing();
    first.peer.cut();
    const { peer } = await stage.welcomed({ codec: "messagepack" });
    await stage.eventually(() => expect(peer.unread()).toContainEqual(["reads", "messagepack"]));
  });

  declare("it takes every head and extension of the table", async (stage) => {
    const { peer } = await stage.welcomed({ codec: "messagepack" });
    await peer.tells(["reads", "messagepack"]);
    for (const [, packed, value] of heads) {
      peer.pack(array(text("event"), text("value.changed"), packed, text("id"), [5]));
      await learns(peer, heard("value.changed", value));
    }
  });

  declare("it takes objects of the shapes that it was told, in any order and either form", async (stage) => {
    const { peer } = await stage.welcomed({ codec: "messagepack" });
    await peer.tells(["reads", "messagepack"]);
    const changed = (data: Packed) => array(text("event"), text("value.changed"), data, text("id"), [5]);
    peer.pack(json('["shape",200,["x","y"]]'), changed(array(shape(200), [1], [2])));
    peer.say(["shape", 3, ["a"]]);
    peer.pack(changed(array(shape(3), array(shape(200), [3], [4]))));
    await learns(peer, heard("value.changed", { x: 1, y: 2 }), heard("value.changed", { a: { x: 3, y: 4 } }));
  });

  for (const [what, packed] of [
    ["that was told before", json('["shape",7,["x"]]')],
    ["that was told before with other names", json('["shape",7,["y"]]')],
    ["beyond the 256th", json('["shape",256,["x"]]')],
    ["with the name __proto__", json('["shape",8,["__proto__"]]')],
    ["of more characters than are left", json(`["shape",8,["${"x".repeat(65_536)}"]]`)],
    [
      "in an object, before it was told",
      array(text("event"), text("value.changed"), array(shape(8), [1]), text("id")),
    ],
  ] as const) {
    declare(`a shape ${what} is reported, and what was told before holds`, async (stage) => {
      const { peer } = await stage.welcomed({ codec: "messagepack" });
      await peer.tells(["reads", "messagepack"]);
      peer.pack(json('["shape",7,["x"]]'));
      peer.pack(packed);
      await learns(peer, { error: "Invalid" });
      peer.pack(array(text("event"), text("value.changed"), array(shape(7), [1]), text("id"), [5]));
      await learns(peer, heard("value.changed", { x: 1 }));
    });
  }

  declare(
    "it writes large frames as bytes where the server reads them, and shapes before they are used",
    async (stage) => {
      const { peer } = await stage.welcomed({ codec: "messagepack" });
      await peer.tells(["reads", "messagepack"]);
      const rows = Array.from({ length: 60 }, (_, row) => ({
        row,
        name: `name of row ${row}`,
        at: { $: ["date", row] },
      }));
      for (let round = 0; round < 2; round++) {
        stage.tell(peer, { emit: [["value.changed", rows]] });
        const came = (await peer.nextOf(2)).map(([, name, data]) => [name, data]);
        expect(came).toContainEqual(["value.changed", rows]);
      }
      expect(
        peer.frames.some((frame) => typeof frame !== "string"),
        "frames of bytes",
      ).toBe(true);
    },
  );
};
