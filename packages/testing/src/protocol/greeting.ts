import { expect } from "vitest";
import { fingerprintOf, traits } from "./fingerprint.js";
import { sizeOf } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { heard, hello, reason, refusal } from "./stage.js";

const id = expect.stringMatching(/^[ -~]{1,64}$/) as unknown;

/** How a link begins. */
export const greeting: ProtocolChapter = (declare, { openingAuth }) => {
  declare("a hello is answered by a welcome that repeats its nonce", async (stage) => {
    const peer = await stage.greeting({ link: "n7" });
    await peer.tells([
      "welcome",
      {
        protocol: 1,
        link: "n7",
        contract: fingerprintOf(),
        peer: id,
        maxFrameBytes: expect.any(Number),
        outboxes: expect.any(Number),
        user: "anybody",
      },
    ]);
    await peer.tellsNothing();
  });

  declare("each peer is given an id of its own", async (stage) => {
    const [first, second] = [await stage.connect(), await stage.connect()];
    for (const peer of [first, second]) peer.say(hello());
    const ids = [await first.next(), await second.next()].map(
      ([, fields]) => (fields as { peer: string }).peer,
    );
    expect(ids[0]).not.toBe(ids[1]);
  });

  for (const protocol of [0, 2, 1.5]) {
    declare(`protocol ${protocol} is refused by a goodbye, for good`, async (stage) => {
      const peer = await stage.greeting({ protocol });
      expect(await peer.leaves()).toEqual(reason("Protocol", false));
      expect(peer.messages).toHaveLength(1);
    });
  }

  declare("who is not let in is told goodbye, Denied, for good", async (stage) => {
    const peer = await stage.greeting({ auth: { user: "nobody" } });
    expect(await peer.leaves()).toEqual(reason("Denied", false));
  });

  declare("a goodbye in answer to a hello repeats its nonce", async (stage) => {
    for (const fields of [{ auth: { user: "nobody" } }, { auth: { user: "broken" } }, { protocol: 2 }]) {
      const peer = await stage.greeting({ link: "n8", ...fields });
      await peer.leaves();
      expect(peer.messages).toEqual([["goodbye", expect.anything(), "n8"]]);
    }
  });

  declare("where authentication itself fails the goodbye is Unavailable, for now", async (stage) => {
    const peer = await stage.greeting({ auth: { user: "broken" } });
    const given = await peer.leaves();
    expect(given).toEqual(reason("Unavailable", true));
    expect(JSON.stringify(given)).not.toContain("fire");
  });

  if (openingAuth) {
    declare("what the transport's opening says of who it is counts before the hello", async (stage) => {
      const peer = await stage.connect({ auth: { user: "nobody" } });
      peer.say(hello({ auth: { user: "anybody" } }));
      expect(await peer.leaves()).toEqual(reason("Denied", false));
    });
  } else {
    declare("a transport whose opening says nothing leaves it to the hello", async (stage) => {
      const peer = await stage.connect({ auth: { user: "nobody" } });
      peer.say(hello({ auth: { user: "anybody" } }));
      expect((await peer.next())[0]).toBe("welcome");
    });
  }

  declare("who says no hello in time is told goodbye, NoHello", async (stage) => {
    await stage.serve({ helloTimeout: 100 });
    const peer = await stage.connect();
    // Over some transports a link begins with what is first said.
    peer.say(["ping"]);
    await peer.tells(refusal("Invalid"));
    await stage.pass(100);
    expect(await peer.leaves()).toEqual(reason("NoHello", true));
  });

  declare("who is not let in within the same time is told goodbye, NoHello", async (stage) => {
    await stage.serve({ helloTimeout: 100 });
    const peer = await stage.greeting({ auth: { user: "slow" } });
    await stage.pass(100);
    expect(await peer.leaves()).toEqual(reason("NoHello", true));
  });

  declare(
    "before the welcome all but hello and goodbye is refused, nothing is done of it, and it is said once",
    async (stage) => {
      const other = await stage.listening("note.added");
      const peer = await stage.connect();
      peer.say(["event", "note.added", "early", "id"], ["listen", 1, "note.added"]);
      peer.say(["ping", 1], ["request", 2, "value.echo", 5_000, 1]);
      await peer.tells(refusal("Invalid"));
      peer.say(hello());
      expect((await peer.next())[0]).toBe("welcome");
      await peer.tellsNothing();
      await stage.emits(["note.added", "on time"]);
      await other.tells(heard("note.added", "on time"));
      await peer.tellsNothing();
    },
  );

  declare("a second hello is refused", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(hello({ link: "other" }));
    await peer.tells(refusal("Invalid"));
    await peer.tellsNothing();
  });

  declare("a second hello is refused while the first is decided", async (stage) => {
    const peer = await stage.greeting({ link: "first", auth: { user: "slow" } });
    peer.say(hello({ link: "second" }));
    await peer.tells(refusal("Invalid"));
    await stage.drive("suite.decide", true);
    expect(await peer.next()).toMatchObject(["welcome", { link: "first" }]);
  });

  declare("a frame of up to 16,384 bytes is taken until the welcome", async (stage) => {
    const around = sizeOf(JSON.stringify([hello({ auth: "" })]));
    const peer = await stage.connect();
    peer.say(hello({ auth: "x".repeat(16_385 - around) }));
    await peer.tells(refusal("Overflow"));
    peer.say(hello({ auth: "x".repeat(16_384 - around) }));
    expect((await peer.next())[0]).toBe("welcome");
  });

  declare("a goodbye before the hello ends the link", async (stage) => {
    const peer = await stage.connect();
    peer.say(["goodbye", { code: "Left", message: "I leave.", retryable: true }]);
    await peer.leaves();
    expect(peer.messages).toEqual([]);
  });

  declare("a hello of a wrong shape is refused, and a right one may follow", async (stage) => {
    const peer = await stage.connect();
    peer.say(["hello", { protocol: "1", link: "n", contract: "0" }]);
    await peer.tells(refusal("Invalid"));
    peer.say(hello({ codecs: "messagepack" }), hello({ link: "é" }));
    await peer.tells(refusal("Invalid"));
    peer.say(hello());
    expect((await peer.next())[0]).toBe("welcome");
  });

  declare("who has the same contract is told nothing of it", async (stage) => {
    const peer = await stage.welcomed();
    await peer.tellsNothing();
  });

  declare("who has another contract is told what the server's has, after the welcome", async (stage) => {
    const peer = await stage.greeting({ contract: "other" });
    expect((await peer.next())[0]).toBe("welcome");
    const parts = await peer.hears();
    expect(new Set(parts.map(([type]) => type))).toEqual(new Set(["contract"]));
    const entries = parts.flatMap(([, part]) => (part as unknown[][]).map((entry) => entry.slice(0, 5)));
    expect(entries).toHaveLength(traits.length);
    expect(entries).toEqual(expect.arrayContaining([...traits]));
  });

  declare("all that a client wants may come in one frame behind the welcome", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("note.added");
    peer.say(
      ["listen", 1, "number.counted"],
      ["event", "note.added", "kept", "id"],
      ["request", 2, "value.echo", 5_000, "asked"],
    );
    expect(await peer.nextOf(2)).toEqual(
      expect.arrayContaining([
        ["listening", 1],
        ["answer", 2, "asked"],
      ]),
    );
    await other.tells(heard("note.added", "kept"));
  });
};
