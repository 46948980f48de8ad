import { expect } from "vitest";
import type { ProtocolChapter } from "./server-cases.js";
import { failure, heard, reason } from "./stage.js";

/** Credentials that are refreshed, refused, and that end. */
export const credentials: ProtocolChapter = (declare, { clock }) => {
  declare("fresh credentials of the same user are answered by authorized", async (stage) => {
    const peer = await stage.welcomed({ auth: { user: "ann" } });
    peer.say(["auth", 1, { user: "ann" }]);
    await peer.tells(["authorized", 1]);
  });

  declare("credentials of another user end the link, Denied", async (stage) => {
    const peer = await stage.welcomed({ auth: { user: "ann" } });
    peer.say(["auth", 1, { user: "bob" }]);
    expect(await peer.leaves()).toEqual(reason("Denied", false));
  });

  declare("credentials that are refused are answered by failed, and those before hold on", async (stage) => {
    const peer = await stage.welcomed({ auth: { user: "ann" } });
    const other = await stage.listening("note.added");
    peer.say(["auth", 1, { user: "nobody" }]);
    await peer.tells(["failed", 1, failure("Denied")]);
    peer.say(["auth", 2, { user: "broken" }]);
    await peer.tells(["failed", 2, failure("Internal")]);
    peer.say(["event", "note.added", "a", "id"]);
    await other.tells(heard("note.added", "a"));
  });

  declare("credentials that have ended are answered by failed, Denied", async (stage) => {
    const peer = await stage.welcomed({ auth: { user: "ann" } });
    peer.say(["auth", 1, { user: "ann", lasts: -1_000 }]);
    await peer.tells(["failed", 1, failure("Denied")]);
  });

  declare("credentials are refreshed one after the other", async (stage) => {
    const peer = await stage.greeting({ auth: { user: "slow" } });
    await stage.welcomed();
    await stage.drive("suite.decide", true);
    expect((await peer.next())[0]).toBe("welcome");
    peer.say(["auth", 1, { user: "slow" }], ["auth", 2, { user: "slow" }]);
    await peer.tells(["failed", 2, failure("Overflow")]);
    await stage.drive("suite.decide", true);
    await peer.tells(["authorized", 1]);
  });

  declare("credentials are refreshed no more than 6 times at once", async (stage) => {
    const peer = await stage.welcomed({ auth: { user: "ann" } });
    for (let ref = 1; ref <= 6; ref++) {
      peer.say(["auth", ref, { user: "ann" }]);
      await peer.tells(["authorized", ref]);
    }
    peer.say(["auth", 7, { user: "ann" }]);
    await peer.tells(["failed", 7, failure("Overflow")]);
    if (!clock) return;
    await stage.pass(10_000);
    peer.say(["auth", 8, { user: "ann" }], ["auth", 9, { user: "ann" }]);
    await peer.tells(["failed", 9, failure("Overflow")], ["authorized", 8]);
  });

  declare("with fresh credentials the rules are asked again about what is listened to", async (stage) => {
    const peer = await stage.welcomed({ auth: { user: "ann" } });
    peer.say(["listen", 1, "door.opened"], ["listen", 2, "note.added"]);
    await peer.tells(["listening", 2]);
    await stage.drive("suite.decide", true);
    await peer.tells(["listening", 1]);
    peer.say(["auth", 3, { user: "ann" }]);
    await peer.tells(["authorized", 3]);
    await stage.drive("suite.decide", false);
    await peer.tells(["failed", 1, failure("Denied")]);
    await stage.emits(["door.opened", "a"], ["note.added", "b"]);
    await peer.tells(heard("note.added", "b"));
  });

  declare("a hello whose credentials have ended is told goodbye, Expired", async (stage) => {
    const peer = await stage.greeting({ auth: { lasts: -1_000 } });
    expect(await peer.leaves()).toEqual(reason("Expired", true));
  });

  if (!clock) return;

  declare(
    "the end of credentials is told a minute before, and again whenever half of what is left has passed",
    async (stage) => {
      const peer = await stage.welcomed({ auth: { lasts: 600_000 } });
      await stage.pass(539_000);
      await peer.tellsNothing();
      const told: number[] = [];
      for (let second = 0; second < 61; second++) {
        await stage.pass(1_000);
        for (const [type, left] of await peer.hears()) if (type === "expiring") told.push(left as number);
      }
      expect(told[0]).toBeGreaterThan(58_000);
      expect(told[0]).toBeLessThanOrEqual(60_000);
      for (const [index, left] of told.slice(1).entries()) {
        expect(left).toBeLessThanOrEqual(told[index]! / 2 + 1_000);
        expect(left).toBeGreaterThan(1_000);
      }
      expect(told.length).toBeGreaterThanOrEqual(5);
    },
  );

  declare("of short credentials it is told when half of their time has passed", async (stage) => {
    const peer = await stage.welcomed({ auth: { lasts: 40_000 } });
    await stage.pass(19_000);
    await peer.tellsNothing();
    await stage.pass(2_000);
    const [type, left] = await peer.next();
    expect(type).toBe("expiring");
    expect(left).toBeGreaterThan(18_000);
    expect(left).toBeLessThanOrEqual(20_000);
  });

  declare(
    "at their end all that is listened to fails, Denied, and so does what is said, but for what ends things and asks for signs",
    async (stage) => {
      const peer = await stage.welcomed({ auth: { user: "ann", lasts: 10_000 } });
      const other = await stage.listening("note.added");
      peer.say(["listen", 1, "note.added"], ["request", 2, "value.wait", 100_000, "a"]);
      await peer.tells(["listening", 1]);
      await stage.pass(11_500);
      const end = (await peer.hears()).filter(([type]) => type !== "expiring");
      expect(end).toEqual([["failed", 1, failure("Denied")]]);
      peer.say(
        ["event", "note.added", "a", "3"],
        ["listen", 4, "note.added"],
        ["request", 5, "value.echo", 5_000, 1],
        ["unlisten", 6],
        ["cancel", 2],
        ["sync", 7],
        ["ping", 8],
      );
      expect(await peer.nextOf(6)).toEqual(
        expect.arrayContaining([
          ["refused", "3", "note.added", failure("Denied")],
          ["failed", 4, failure("Denied")],
          ["failed", 5, failure("Denied")],
          ["failed", 2, failure("Aborted")],
          ["synced", 7],
          ["pong", 8],
        ]),
      );
      await other.tellsNothing();
    },
  );

  declare(
    "within the grace fresh credentials are taken, and what was refused may be listened to again",
    async (stage) => {
      const peer = await stage.welcomed({ auth: { user: "ann", lasts: 10_000 } });
      peer.say(["listen", 1, "note.added"]);
      await peer.tells(["listening", 1]);
      await stage.pass(15_000);
      await peer.hears();
      peer.say(["auth", 2, { user: "ann" }]);
      await peer.tells(["authorized", 2]);
      peer.say(["listen", 1, "note.added"]);
      await peer.tells(["listening", 1]);
      await stage.pass(60_000);
      await stage.emits(["note.added", "a"]);
      await peer.tells(heard("note.added", "a"));
    },
  );

  declare("behind the grace the goodbye is Expired, for now", async (stage) => {
    const peer = await stage.welcomed({ auth: { user: "ann", lasts: 10_000 } });
    await stage.pass(38_000);
    await peer.hears();
    expect(peer.closed).toBe(false);
    await stage.pass(4_000);
    expect(await peer.leaves()).toEqual(reason("Expired", true));
  });

  declare("streamed answers end with the credentials", async (stage) => {
    const peer = await stage.welcomed({ auth: { user: "ann", lasts: 10_000 } });
    peer.say(["request", 1, "number.series", 5_000, { from: 1, count: 5 }], ["pull", 1, 1]);
    await peer.tells(["streaming", 1], ["item", 1, 1]);
    await stage.pass(11_500);
    expect(await peer.hears()).toContainEqual(["failed", 1, failure("Denied")]);
  });
};
