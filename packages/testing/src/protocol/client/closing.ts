import { expect } from "vitest";
import type { ProtocolClientChapter } from "./client-cases.js";
import { heard, learns } from "./stage.js";

const goodbye = (code: string, retryable: boolean) =>
  ["goodbye", { code, message: "Bye.", retryable }] as const;

/** How a client's links end, and what follows. */
export const closing: ProtocolClientChapter = (declare) => {
  declare("a goodbye for now ends the link, and another one follows", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(goodbye("Draining", true));
    await peer.leaves();
    await stage.welcomed();
  });

  declare("a goodbye for good ends the link, and no other follows", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(goodbye("Denied", false));
    await peer.leaves();
    await stage.pass(100);
    expect(stage.links).toHaveLength(1);
  });

  declare("nothing is read after a goodbye", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(goodbye("Closed", true), ["event", "suite.told", { listen: "note.added" }, "id", 5]);
    await peer.leaves();
    const next = await stage.welcomed();
    const listens = (await next.peer.hears()).filter(([type]) => type === "listen");
    expect(listens).toEqual([]);
  });

  declare("a client that is closed sends what waits, then goodbye, for good", async (stage) => {
    const { peer } = await stage.welcomed();
    stage.tell(peer, { emit: [["note.added", "last"]], close: true });
    expect(await peer.leaves()).toMatchObject({ code: "Closed", retryable: false });
    expect(peer.messages.map((message) => message.slice(0, 3))).toContainEqual([
      "event",
      "note.added",
      "last",
    ]);
    expect(peer.messages.at(-1)![0]).toBe("goodbye");
    await stage.pass(100);
    expect(stage.links).toHaveLength(1);
  });

  declare(
    "what the server's contract has otherwise is not used over this link, and all else is",
    async (stage) => {
      const { peer, refs } = await stage.welcomed({ contract: "other" });
      peer.say([
        "contract",
        [
          ["number.counted", "request", "both", "", false],
          ["later.added", "event", "both", "live", false],
        ],
      ]);
      await stage.eventually(() =>
        expect(peer.unread()).toContainEqual(["unlisten", refs.get("number.counted")]),
      );
      await peer.hears();
      peer.say(["event", "value.changed", "x", "id", 5]);
      await learns(peer, heard("value.changed", "x"));
    },
  );
};
