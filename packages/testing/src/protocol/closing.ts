import { expect } from "vitest";
import type { ProtocolChapter } from "./server-cases.js";
import { heard, reason } from "./stage.js";

const left = { code: "Left", message: "I leave.", retryable: false };

/** How a link ends. */
export const closing: ProtocolChapter = (declare) => {
  declare("a goodbye ends the link, and nothing is read after it", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("note.added");
    peer.say(
      ["event", "note.added", "before", "1"],
      ["goodbye", left],
      ["event", "note.added", "after", "2"],
    );
    await peer.leaves();
    await other.tells(heard("note.added", "before"));
    await other.tellsNothing();
  });

  declare("a goodbye of a wrong shape is refused, and the link goes on", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["goodbye", { code: "Left" }]);
    expect((await peer.next())[0]).toBe("refused");
    await peer.tellsNothing();
  });

  declare("who is disconnected is told goodbye, as the last message", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["request", 1, "suite.leave", 5_000, "disconnect"]);
    expect(await peer.leaves()).toEqual(reason("Disconnected", false));
    expect(peer.messages.filter(([type]) => type === "goodbye")).toHaveLength(1);
  });

  declare("a server that closes sends what waits, and says goodbye, Closed, for now", async (stage) => {
    const peer = await stage.listening("note.added");
    const other = await stage.welcomed();
    await stage.emits(["note.added", "last"]);
    other.say(["request", 1, "suite.leave", 5_000, "close"]);
    expect(await other.leaves()).toEqual(reason("Closed", true));
    expect(await peer.leaves()).toEqual(reason("Closed", true));
    expect(peer.messages.at(-2)).toEqual(heard("note.added", "last"));
  });

  declare(
    "a server that is replaced says goodbye, Draining, and to who comes Unavailable, both for now",
    async (stage) => {
      const peer = await stage.welcomed();
      const other = await stage.welcomed();
      other.say(["request", 1, "suite.leave", 5_000, "drain"]);
      expect(await peer.leaves()).toEqual(reason("Draining", true));
      expect(await other.leaves()).toEqual(reason("Draining", true));
      const late = await stage.greeting();
      expect(await late.leaves()).toEqual(reason("Unavailable", true));
    },
  );

  declare("the end of one link is the end of no other", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("note.added");
    peer.cut();
    await stage.emits(["note.added", "a"]);
    await other.tells(heard("note.added", "a"));
  });
};
