import { expect } from "vitest";
import { packs } from "./message-pack.js";
import { array, text } from "./packing.js";
import type { ProtocolChapter } from "./server-cases.js";
import { framesOfBytes } from "./shapes.js";
import { heard, refusal } from "./stage.js";
import { kept } from "./values.js";

const large = "x".repeat(5_000);

/** Who may send frames of bytes, and from when on. */
export const codecs: ProtocolChapter = (declare, { messagepack }) => {
  declare("a hello without codecs is welcomed without one", async (stage) => {
    const peer = await stage.greeting();
    expect((await peer.next())[1]).not.toHaveProperty("codec");
  });

  declare("codecs that nobody knows are passed over", async (stage) => {
    const peer = await stage.greeting({ codecs: ["smoke signals"] });
    expect((await peer.next())[1]).not.toHaveProperty("codec");
    peer.say(["reads", "smoke signals"], ["listen", 1, "value.changed"]);
    await peer.tells(["listening", 1]);
    await stage.emits(["value.changed", large]);
    await peer.tells(heard("value.changed", large));
    expect(framesOfBytes(peer)).toBe(0);
  });

  if (!messagepack) {
    declare(
      "a server that speaks no MessagePack says so by naming no codec, and refuses bytes",
      async (stage) => {
        const peer = await stage.greeting({ codecs: ["messagepack"] });
        expect((await peer.next())[1]).not.toHaveProperty("codec");
        peer.pack(array(text("listen"), [1], text("note.added")));
        await peer.tells(refusal("Invalid"));
        peer.say(["reads", "messagepack"], ["listen", 2, "value.changed"]);
        await peer.tells(["listening", 2]);
        await stage.emits(["value.changed", large]);
        await peer.tells(heard("value.changed", large));
        expect(framesOfBytes(peer)).toBe(0);
      },
    );
    return;
  }

  declare("a hello that names messagepack is welcomed with it", async (stage) => {
    const peer = await stage.greeting({ codecs: ["smoke signals", "messagepack"] });
    expect((await peer.next())[1]).toMatchObject({ codec: "messagepack" });
  });

  declare("the server sends bytes only to who has said that it reads them", async (stage) => {
    const peer = await stage.welcomed(packs);
    peer.say(["listen", 1, "value.changed"]);
    await peer.tells(["listening", 1]);
    await stage.emits(["value.changed", large]);
    await peer.tells(heard("value.changed", large));
    expect(framesOfBytes(peer), "frames of bytes before").toBe(0);
    peer.say(["reads", "messagepack"]);
    await peer.tellsNothing();
    await stage.emits(["value.changed", large]);
    await peer.tells(heard("value.changed", large));
    expect(framesOfBytes(peer), "frames of bytes after").toBe(1);
  });

  declare("small frames are text, and text is taken at any time", async (stage) => {
    const peer = await stage.welcomed(packs);
    peer.say(["reads", "messagepack"], ["listen", 1, "value.changed"]);
    await peer.tells(["listening", 1]);
    peer.pack(array(text("sync"), [2]));
    peer.say(["sync", 3]);
    await peer.tells(["synced", 2], ["synced", 3]);
    await stage.emits(["value.changed", "little"]);
    await peer.tells(heard("value.changed", "little"));
    expect(framesOfBytes(peer)).toBe(0);
  });

  declare("bytes carry the same values as text", async (stage) => {
    const peer = await stage.welcomed(packs);
    peer.say(["reads", "messagepack"], ["listen", 1, "value.changed"]);
    await peer.tells(["listening", 1]);
    for (const value of Object.values(kept)) {
      const data = [value, large, -1, 200, 70_000, 2 ** 40, -70_000];
      await stage.emits(["value.changed", data]);
      await peer.tells(heard("value.changed", data));
    }
    expect(framesOfBytes(peer)).toBe(Object.keys(kept).length);
  });
};
