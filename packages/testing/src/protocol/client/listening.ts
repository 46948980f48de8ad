import { expect } from "vitest";
import type { ProtocolClientChapter } from "./client-cases.js";
import { heard, learns } from "./stage.js";

const unavailable = { code: "Unavailable", message: "Not now.", retryable: true };
const denied = { code: "Denied", message: "No.", retryable: false };

/** What a client wants, and what it takes. */
export const listening: ProtocolClientChapter = (declare) => {
  declare("events reach its listeners in order, those of a run as well", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(
      ["event", "number.counted", 1, "i1", 5],
      ["events", "number.counted", "k3f", 5, 9, 2, 1, 3],
      ["event", "word.said", { room: "a", text: "x", more: 1 }, "i2", 5],
    );
    await learns(
      peer,
      ...[1, 2, 3].map((count) => heard("number.counted", count)),
      heard("word.said", { room: "a", text: "x" }),
    );
  });

  declare(
    "an event that its contract lacks, or does not take from servers, is passed over",
    async (stage) => {
      const { peer } = await stage.welcomed();
      peer.say(
        ["event", "later.added", 1, "1", 5],
        ["event", "constructor", 1, "2", 5],
        ["event", "bell.rung", 1, "3", 5],
        ["event", "deed.recorded", "x", "4", 5],
        ["event", "thought.passed", "x", "5", 5],
        ["event", "value.echo", 1, "6", 5],
        ["event", "number.counted", 7, "7", 5],
      );
      await learns(peer, heard("number.counted", 7));
      await peer.tellsNothing();
    },
  );

  declare("data that fails its schema is reported, and reaches no listener", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(["event", "number.counted", "seven", "1", 5], ["event", "number.counted", 7, "2", 5]);
    await learns(peer, { error: "Invalid" }, heard("number.counted", 7));
  });

  declare(
    "over a new link it listens again, and tells its listeners of a gap, but not of what is volatile",
    async (stage) => {
      const first = await stage.welcomed();
      first.peer.cut();
      const { peer } = await stage.welcomed();
      const gap = (name: string, key: unknown) => ({ gap: [name, key, "disconnected", null] });
      const came = await peer.nextOf(4);
      expect(came.map(([, , what]) => what)).toEqual(
        expect.arrayContaining([
          gap("number.counted", null),
          gap("word.said", "a"),
          gap("value.changed", null),
          { error: "Gap" },
        ]),
      );
      peer.say(["event", "number.counted", 8, "1", 5]);
      await learns(peer, heard("number.counted", 8));
      await peer.tellsNothing();
    },
  );

  declare("what is refused before it was in force is told to who listens", async (stage) => {
    const { peer } = await stage.welcomed();
    stage.tell(peer, { listen: "note.added" });
    const [type, ref, name] = await peer.next();
    expect([type, name]).toEqual(["listen", "note.added"]);
    peer.say(["failed", ref, denied]);
    await learns(peer, { refused: ["note.added", "Denied"] });
  });

  declare("a failed behind listening is a gap, denied", async (stage) => {
    const { peer, refs } = await stage.welcomed();
    peer.say(["failed", refs.get("number.counted"), denied]);
    await learns(peer, { gap: ["number.counted", null, "denied", null] });
  });

  declare(
    "what cannot be decided now it asks for again over the same link, and is then told what it may have missed",
    async (stage) => {
      const { peer, refs } = await stage.welcomed();
      const ref = refs.get("number.counted");
      peer.say(["failed", ref, unavailable]);
      await learns(peer, { error: "Unavailable" });
      await peer.tellsNothing();
      await peer.tells(["listen", ref, "number.counted"]);
      peer.say(["listening", ref], ["event", "number.counted", 7, "1", 5]);
      await learns(peer, { gap: ["number.counted", null, "disconnected", null] }, heard("number.counted", 7));
    },
  );

  declare("what cannot be decided now is asked for no more once nobody wants it", async (stage) => {
    const { peer } = await stage.welcomed();
    stage.tell(peer, { listen: "note.added" });
    const [, ref] = await peer.next();
    peer.say(["failed", ref, unavailable]);
    await learns(peer, { error: "Unavailable" });
    stage.tell(peer, { stop: "note.added" });
    await peer.tells(["unlisten", ref]);
    await stage.pass(1_000);
    await peer.tellsNothing();
  });

  declare("it says unlisten, by the same number, when nobody listens any more", async (stage) => {
    const { peer } = await stage.welcomed();
    stage.tell(peer, { listen: "note.added" });
    const [, ref] = await peer.next();
    peer.say(["listening", ref]);
    stage.tell(peer, { stop: "note.added" });
    await peer.tells(["unlisten", ref]);
  });

  declare("a gap that it is told of reaches its listeners", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(["gap", "number.counted", null, "overflow", 3], ["gap", "word.said", "a", "overflow", null]);
    await learns(
      peer,
      { gap: ["number.counted", null, "overflow", 3] },
      { gap: ["word.said", "a", "overflow", null] },
    );
  });

  declare("a refused event is reported", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(["refused", "id", "note.added", denied]);
    await learns(peer, { error: "Denied" });
  });

  declare(
    "when its credentials end it sends fresh ones, and listens again to what was refused",
    async (stage) => {
      const { peer, refs } = await stage.welcomed();
      peer.say(["failed", refs.get("number.counted"), denied]);
      await learns(peer, { gap: ["number.counted", null, "denied", null] });
      peer.say(["expiring", 1_000]);
      const [type, ref] = await peer.next();
      expect(type).toBe("auth");
      peer.say(["authorized", ref]);
      await peer.tells(["listen", refs.get("number.counted")!, "number.counted"]);
    },
  );
};
