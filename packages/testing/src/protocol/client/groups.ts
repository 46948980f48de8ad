import { expect } from "vitest";
import type { RawMessage, RawPeer } from "../raw-peer.js";
import type { ProtocolClientChapter } from "./client-cases.js";
import { learns, type ProtocolClientStage, welcome } from "./stage.js";

const unavailable = { code: "Unavailable", message: "Not now.", retryable: true };
const denied = { code: "Denied", message: "No.", retryable: false };
const given = (ref: unknown, delivery: number, text: unknown, attempt = 1): RawMessage => [
  ...["given", ref, delivery, "deed.recorded", text, `i${delivery}`, 5, `log.${delivery}`, attempt],
];
const did = (text: string, attempt = 1) => ({ did: ["deed.recorded", text, attempt] });

/** What a client does as one of a group. */
export const groups: ProtocolClientChapter = (declare) => {
  declare(
    "it joins with its group, pattern, names and position, with how much it takes at once, and how it is tried again",
    async (stage) => {
      const { peer } = await stage.welcomed();
      stage.tell(peer, { join: "deed.recorded" });
      await peer.tells([
        ...["join", expect.any(Number), "clerks", "deed.recorded", ["deed.recorded"], "now", 3],
        { attempts: 4, backoff: expect.objectContaining({ initial: 7 }) },
      ]);
    },
  );

  declare(
    "it says done of what it has done, and undone with a reason of what it failed at",
    async (stage) => {
      const { peer } = await stage.welcomed();
      const ref = await joins(stage, peer);
      peer.say(given(ref, 1, "a"), given(ref, 2, "bad", 3));
      const came = await peer.nextOf(5);
      expect(came.filter(([type]) => type !== "event")).toEqual([
        ["done", ref, 1],
        ["undone", ref, 2, "no ink"],
      ]);
      expect(came.filter(([type]) => type === "event").map(([, , what]) => what)).toEqual([
        did("a"),
        did("bad", 3),
        { error: "ListenerFailed" },
      ]);
    },
  );

  declare("of what fails its schema it says undone, with a reason", async (stage) => {
    const { peer } = await stage.welcomed();
    const ref = await joins(stage, peer);
    peer.say(given(ref, 1, 8));
    const came = await peer.nextOf(2);
    expect(came.find(([type]) => type === "undone")).toEqual(["undone", ref, 1, expect.any(String)]);
  });

  declare(
    "over a new link it joins by another number, and says nothing there of what it was given before",
    async (stage) => {
      const first = await stage.welcomed();
      const ref = await joins(stage, first.peer);
      first.peer.say(given(ref, 1, "wait"));
      await learns(first.peer, did("wait"));
      first.peer.cut();
      const { peer, asks } = await rejoins(stage);
      expect(asks!.slice(2, 4)).toEqual(["clerks", "deed.recorded"]);
      expect(asks![1]).not.toBe(ref);
      peer.say(["joined", asks![1]]);
      stage.tell(peer, { release: true });
      await peer.tellsNothing();
    },
  );

  declare(
    "what it has done since its link was lost it says to have done when it is given that again",
    async (stage) => {
      const first = await stage.welcomed();
      const ref = await joins(stage, first.peer);
      first.peer.say(given(ref, 1, "wait"));
      await learns(first.peer, did("wait"));
      first.peer.cut();
      const { peer, asks } = await rejoins(stage);
      peer.say(["joined", asks![1]], given(asks![1], 1, "wait", 2));
      stage.tell(peer, { release: true });
      await peer.tells(["done", asks![1], 1]);
      await peer.tellsNothing();
    },
  );

  declare("what it had not begun when its link was lost it does not begin", async (stage) => {
    const first = await stage.welcomed();
    const ref = await joins(stage, first.peer);
    // Without a key, so that the second waits for the first.
    first.peer.say(given(ref, 1, "wait"), given(ref, 2, "next"));
    await learns(first.peer, did("wait"));
    first.peer.cut();
    const { peer, asks } = await rejoins(stage);
    peer.say(["joined", asks![1]]);
    stage.tell(peer, { release: true });
    await peer.tellsNothing();
  });

  declare("an event of another id at an offset is another event", async (stage) => {
    const first = await stage.welcomed();
    const ref = await joins(stage, first.peer);
    first.peer.say(given(ref, 1, "wait"));
    await learns(first.peer, did("wait"));
    first.peer.cut();
    const { peer, asks } = await rejoins(stage);
    stage.tell(peer, { release: true });
    await peer.tellsNothing();
    peer.say(["joined", asks![1]], given(asks![1], 1, "another").with(5, "another id"));
    const came = await peer.nextOf(2);
    expect(came).toContainEqual(["done", asks![1], 1]);
    expect(came).toContainEqual(expect.objectContaining({ 2: did("another") }));
  });

  declare(
    "it leaves by unlisten, and gives back by undone without a reason what it is given behind that",
    async (stage) => {
      const { peer } = await stage.welcomed();
      const ref = await joins(stage, peer);
      stage.tell(peer, { stop: "deed.recorded" });
      await peer.tells(["unlisten", ref]);
      peer.say(given(ref, 4, "late"));
      await peer.tells(["undone", ref, 4]);
      await peer.tellsNothing();
    },
  );

  declare(
    "a join that is refused is told to who wants to be a member, and a failed behind joined is a gap",
    async (stage) => {
      const { peer } = await stage.welcomed();
      stage.tell(peer, { join: "deed.recorded" });
      const [, ref] = await peer.next();
      peer.say(["failed", ref, denied]);
      await learns(peer, { refused: ["deed.recorded", "Denied"] });
      const other = await joins(stage, peer);
      peer.say(["failed", other, denied]);
      await learns(peer, { gap: ["deed.recorded", null, "denied", null] });
    },
  );

  declare("a join that cannot be decided now it says again by another number", async (stage) => {
    const { peer } = await stage.welcomed();
    const ref = await joins(stage, peer);
    peer.say(["failed", ref, unavailable]);
    await learns(peer, { error: "Unavailable" });
    const [type, other, group] = await peer.next();
    expect([type, group]).toEqual(["join", "clerks"]);
    expect(other).not.toBe(ref);
    peer.say(["joined", other], given(other, 1, "a"));
    expect(await peer.nextOf(2)).toContainEqual(["done", other, 1]);
  });

  declare("missing is a gap for a member too, of which it is not told up to where", async (stage) => {
    const { peer } = await stage.welcomed();
    const ref = await joins(stage, peer);
    peer.say(["missing", ref, "trimmed"]);
    await learns(peer, { gap: ["deed.recorded", null, "trimmed", null] });
  });
};

/** Has it become a member. @returns the number by which it is one. */
async function joins(stage: ProtocolClientStage, peer: RawPeer): Promise<unknown> {
  stage.tell(peer, { join: "deed.recorded" });
  const [type, ref] = await peer.next();
  expect(type).toBe("join");
  peer.say(["joined", ref]);
  return ref;
}

/** The client's next link, on which it listens again and is told of what it may have missed. @returns what it asks besides. */
async function rejoins(stage: ProtocolClientStage) {
  const { peer, fields } = await stage.greeted();
  peer.say(welcome(fields.link));
  const said = await peer.nextOf(6);
  const listens = said.filter(([type]) => type === "listen");
  peer.say(...listens.map(([, ref]) => ["listening", ref]));
  await peer.nextOf(4);
  return { peer, asks: said.find(([type]) => type === "join") };
}
