import { expect } from "vitest";
import { fingerprintOf } from "../fingerprint.js";
import type { ProtocolClientChapter } from "./client-cases.js";
import { heard, learns, welcome } from "./stage.js";

const id = /^[ -~]{1,64}$/;

/** How a client begins a link. */
export const greeting: ProtocolClientChapter = (declare, { clock, helloAuth, messagepack }) => {
  declare(
    "its first message is hello, with the protocol, a nonce and the contract's fingerprint",
    async (stage) => {
      const { peer, fields } = await stage.greeted();
      expect(fields).toMatchObject({
        protocol: 1,
        link: expect.stringMatching(id),
        contract: fingerprintOf(),
      });
      expect(fields.codecs).toEqual(messagepack ? ["messagepack"] : undefined);
      expect(JSON.parse(peer.frames[0] as string)).toHaveLength(1);
      expect(peer.unread()).toEqual([]);
    },
  );

  declare("each link has a nonce of its own", async (stage) => {
    const first = await stage.greeted();
    first.peer.cut();
    const second = await stage.greeted();
    expect(second.fields.link).not.toBe(first.fields.link);
  });

  if (helloAuth) {
    declare("its hello says who it is, asked anew for each link", async (stage) => {
      const first = await stage.greeted();
      expect(first.fields.auth).toEqual({ asked: 1 });
      first.peer.cut();
      expect((await stage.greeted()).fields.auth).toEqual({ asked: 2 });
    });
  } else {
    declare("its hello does not say who it is", async (stage) => {
      expect((await stage.greeted()).fields).not.toHaveProperty("auth");
    });
  }

  declare("until the welcome with its nonce it ignores all but goodbye", async (stage) => {
    const { peer, fields } = await stage.greeted();
    peer.say(
      welcome("of another link"),
      ["event", "number.counted", 1, "id", 5],
      ["listening", 1],
      ["ping", 7],
    );
    peer.sayRaw("not JSON");
    peer.say(["request", 1, "guard.confirm", 5_000, { badge: "b" }]);
    await stage.pass(10);
    expect(peer.messages.map(([type]) => type)).toEqual(["hello"]);
    peer.say(welcome(fields.link));
    expect((await peer.next())[0]).toBe("listen");
  });

  declare(
    "a goodbye before the welcome that repeats no nonce ends the link, and another one follows, whatever it says",
    async (stage) => {
      for (const retryable of [true, false]) {
        const { peer } = await stage.greeted();
        peer.say(["goodbye", { code: "Denied", message: "No.", retryable }]);
        await peer.leaves();
      }
      await stage.greeted();
    },
  );

  declare("a goodbye that repeats the nonce of its hello is believed", async (stage) => {
    const { peer, fields } = await stage.greeted();
    peer.say(["goodbye", { code: "Denied", message: "No.", retryable: false }, fields.link]);
    await peer.leaves();
    await stage.pass(100);
    expect(stage.links).toHaveLength(1);
  });

  declare("further properties of a welcome are ignored", async (stage) => {
    const { peer } = await stage.welcomed({ later: { version: 2 } });
    peer.say(["event", "number.counted", 1, "id", 5]);
    await learns(peer, heard("number.counted", 1));
  });

  declare("a frame is no larger than the welcome says that the server takes", async (stage) => {
    const { peer } = await stage.welcomed({ maxFrameBytes: 4_096 });
    stage.tell(peer, {
      emit: [
        ["note.added", "x".repeat(5_000)],
        ["note.added", "fits"],
      ],
    });
    const came = await peer.nextOf(2);
    expect(came).toContainEqual(expect.arrayContaining(["event", "note.added", "fits"]));
    expect(JSON.stringify(came)).toContain("Overflow");
  });

  declare(
    "over a new link its listens come first, then the events that it kept, then what it asks",
    async (stage) => {
      const first = await stage.welcomed();
      stage.tell(first.peer, { offline: true, emit: [["note.added", "kept"]], ask: ["gauge.read", "b"] });
      await first.peer.fence();
      first.peer.cut();
      const { peer } = await stage.welcomed();
      const came = (await peer.nextOf(2)).map(([type, ...fields]) => [type, fields.includes("note.added")]);
      expect(came).toEqual([
        ["event", true],
        ["request", false],
      ]);
    },
  );

  if (!clock) return;

  declare("who is not welcomed within 10 s closes, NoWelcome, and connects again", async (stage) => {
    const { peer } = await stage.greeted();
    await stage.pass(10_000);
    expect(await peer.leaves()).toMatchObject({ code: "NoWelcome", retryable: true });
    await stage.greeted();
  });
};
