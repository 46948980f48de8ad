import { expect } from "vitest";
import type { ProtocolChapter } from "./server-cases.js";

/** In milliseconds: longer than a busy machine stands still. */
const interval = 250;

/** How an end is noticed that is gone without a word. */
export const signsOfLife: ProtocolChapter = (declare, { halfOpen }) => {
  declare("a ping without a number is answered by a pong without one, over any link", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["ping"], ["ping"]);
    await peer.tells(["pong"]);
    await peer.tellsNothing();
  });

  if (!halfOpen) {
    declare("a link that notices itself is asked for no sign of life", async (stage) => {
      await stage.serve({ heartbeat: interval });
      const peer = await stage.welcomed();
      await stage.pass(3 * interval);
      await peer.tellsNothing();
      expect(peer.pings).toEqual([]);
    });
    return;
  }

  declare(
    "who says nothing for an interval is asked for a sign of life, and stays when it gives one",
    async (stage) => {
      await stage.serve({ heartbeat: interval });
      const peer = await stage.welcomed();
      for (let round = 1; round <= 3; round++) {
        await stage.pass(interval);
        await stage.eventually(() => expect(peer.pings.length).toBeGreaterThanOrEqual(round));
      }
      expect(peer.closed).toBe(false);
      await peer.tellsNothing();
    },
  );

  declare("who gives none for another interval has lost its link", async (stage) => {
    await stage.serve({ heartbeat: interval });
    const peer = await stage.welcomed();
    peer.silent = true;
    await stage.pass(2 * interval);
    await peer.leaves();
    expect(peer.pings).not.toEqual([]);
  });
};
