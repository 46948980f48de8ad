import { expect } from "vitest";
import type { ProtocolChapter } from "./server-cases.js";
import { failure, heard } from "./stage.js";

/** What led to a message, which a client may say and a server does not. */
export const causes: ProtocolChapter = (declare) => {
  declare(
    "an event with its cause is an event, also of causes that the contract does not know",
    async (stage) => {
      const peer = await stage.welcomed();
      const other = await stage.listening("note.added");
      const known = { id: "c1", name: "note.added", kind: "event" };
      const unknown = { id: "c2", name: "nothing.known", kind: "magic" };
      peer.say(["event", "note.added", "a", "1", [known, unknown]], ["event", "note.added", "b", "2", []]);
      await other.tells(heard("note.added", "a"), heard("note.added", "b"));
      await peer.tellsNothing();
    },
  );

  declare("a refusal of an event with a cause has its id", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["event", "note.added", 7, "mine", [{ id: "c", name: "note.added", kind: "event" }]]);
    await peer.tells(["refused", "mine", "note.added", failure("Invalid")]);
  });

  declare("a server tells nothing of what led to its events and questions", async (stage) => {
    const peer = await stage.listening("number.counted");
    const other = await stage.welcomed();
    // Rung by a peer, and so counted because of that.
    other.say(["event", "bell.rung", 1, "id", [{ id: "c", name: "note.added", kind: "event" }]]);
    const counted = await peer.next();
    expect(counted).toEqual(heard("number.counted", 1));
    peer.say(["request", 1, "suite.ask", 5_000, { name: "guard.confirm", badge: "b" }]);
    expect(await peer.next()).toEqual([
      "request",
      expect.any(Number),
      "guard.confirm",
      expect.any(Number),
      { badge: "b" },
    ]);
  });
};
