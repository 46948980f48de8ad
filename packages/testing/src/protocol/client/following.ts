import { expect } from "vitest";
import type { RawPeer } from "../raw-peer.js";
import type { ProtocolClientChapter } from "./client-cases.js";
import { heard, learns, type ProtocolClientStage, welcome } from "./stage.js";

const unavailable = { code: "Unavailable", message: "Not now.", retryable: true };
const denied = { code: "Denied", message: "No.", retryable: false };
const deed = (ref: unknown, number: number, text: unknown) => [
  "stored",
  ref,
  number,
  "deed.recorded",
  text,
  `i${number}`,
  5,
];

/** What a client does to be told of durable events, and how it goes on. */
export const following: ProtocolClientChapter = (declare) => {
  declare("it follows what is durable from now on, and takes it in order", async (stage) => {
    const { peer } = await stage.welcomed();
    const ref = await follows(stage, peer);
    peer.say(["following", ref, "log.7"], deed(ref, 8, "a"), deed(ref, 11, "b"));
    await learns(peer, heard("deed.recorded", "a"), heard("deed.recorded", "b"));
  });

  declare("what it was sent before, or follows no longer, it passes over", async (stage) => {
    const { peer } = await stage.welcomed();
    const ref = await follows(stage, peer);
    peer.say(["following", ref, "log.7"], deed(ref, 8, "a"), deed(ref, 8, "a"), deed(ref, 7, "old"));
    peer.say(deed(99, 9, "nobody's"), deed(ref, 9, "b"));
    await learns(peer, heard("deed.recorded", "a"), heard("deed.recorded", "b"));
    stage.tell(peer, { stop: "deed.recorded" });
    await peer.tells(["unlisten", ref]);
    peer.say(deed(ref, 10, "late"));
    await peer.tellsNothing();
  });

  declare(
    "over a new link it goes on from the offset that it has come to, by the same number",
    async (stage) => {
      const first = await stage.welcomed();
      const ref = await follows(stage, first.peer);
      first.peer.say(["following", ref, "log.7"], deed(ref, 8, "a"));
      await learns(first.peer, heard("deed.recorded", "a"));
      first.peer.say(["reached", ref, 12]);
      await first.peer.tellsNothing();
      first.peer.cut();
      const { peer, asks } = await rejoins(stage);
      expect(asks).toEqual(["follow", ref, ["deed.recorded"], "log.12", expect.any(Number)]);
      peer.say(["following", ref, "log.12"], deed(ref, 12, "again"), deed(ref, 13, "b"));
      await learns(peer, heard("deed.recorded", "b"));
    },
  );

  declare("missing is a gap for who listens, and of another epoch the numbers begin again", async (stage) => {
    const { peer } = await stage.welcomed();
    const ref = await follows(stage, peer);
    peer.say(["following", ref, "log.7"], ["missing", ref, "trimmed", "log.20"], deed(ref, 21, "a"));
    await learns(peer, { gap: ["deed.recorded", null, "trimmed", null] }, heard("deed.recorded", "a"));
    peer.say(["missing", ref, "epoch", "another.0"], deed(ref, 1, "b"));
    await learns(peer, { gap: ["deed.recorded", null, "epoch", null] }, heard("deed.recorded", "b"));
  });

  declare("it says took as it takes, so that no more is on its way than it has room for", async (stage) => {
    const { peer } = await stage.welcomed();
    stage.tell(peer, { listen: "deed.recorded" });
    const [, ref, , , credit] = await peer.next();
    peer.say(["following", ref, "log.0"]);
    const count = Math.min(1_000, credit as number);
    expect(count).toBeGreaterThan(0);
    peer.say(...Array.from({ length: count }, (_, index) => deed(ref, index + 1, `${index}`)));
    let took = 0;
    for (let heardOf = 0; heardOf < count || took === 0; ) {
      const [type, what, more] = await peer.next();
      if (type !== "took") heardOf += 1;
      else {
        expect(what).toBe(ref);
        took += more as number;
      }
    }
    expect(took).toBeLessThanOrEqual(count);
  });

  declare("a follow that is refused is told to who listens", async (stage) => {
    const { peer } = await stage.welcomed();
    const ref = await follows(stage, peer);
    peer.say(["failed", ref, denied]);
    await learns(peer, { refused: ["deed.recorded", "Denied"] });
  });

  declare("a failed behind following is a gap, denied", async (stage) => {
    const { peer } = await stage.welcomed();
    const ref = await follows(stage, peer);
    peer.say(["following", ref, "log.7"], deed(ref, 8, "a"), ["failed", ref, denied]);
    await learns(peer, heard("deed.recorded", "a"), { gap: ["deed.recorded", null, "denied", null] });
  });

  declare(
    "a follow that cannot be decided now it asks for again, from where it has come to, and misses nothing",
    async (stage) => {
      const { peer } = await stage.welcomed();
      const ref = await follows(stage, peer);
      peer.say(["following", ref, "log.7"], deed(ref, 8, "a"), ["failed", ref, unavailable]);
      await learns(peer, heard("deed.recorded", "a"), { error: "Unavailable" });
      await peer.tells(["follow", ref, ["deed.recorded"], "log.8", expect.any(Number)]);
      peer.say(["following", ref, "log.8"], deed(ref, 9, "b"));
      await learns(peer, heard("deed.recorded", "b"));
    },
  );

  declare("what is stored and fails its schema is a gap, invalid, and the next one comes", async (stage) => {
    const { peer } = await stage.welcomed();
    const ref = await follows(stage, peer);
    peer.say(["following", ref, "log.7"], deed(ref, 8, 8), deed(ref, 9, "b"));
    await learns(
      peer,
      { gap: ["deed.recorded", null, "invalid", null] },
      { error: "Invalid" },
      heard("deed.recorded", "b"),
    );
  });

  declare("it asks where the log is, over the next link again", async (stage) => {
    const first = await stage.welcomed();
    stage.tell(first.peer, { position: true });
    const [type, ref] = await first.peer.next();
    expect(type).toBe("position");
    first.peer.cut();
    const { peer, asks } = await rejoins(stage);
    expect(asks).toEqual(["position", ref]);
    peer.say(["position", ref, "log.5"]);
    await learns(peer, { value: "log.5" });
  });
};

/** The client's next link, on which it listens again and is told of what it may have missed. @returns what it asks besides. */
async function rejoins(stage: ProtocolClientStage) {
  const { peer, fields } = await stage.greeted();
  peer.say(welcome(fields.link));
  const said = await peer.nextOf(6);
  const listens = said.filter(([type]) => type === "listen");
  peer.say(...listens.map(([, ref]) => ["listening", ref]));
  await peer.nextOf(4);
  return { peer, asks: said.find(([type]) => type !== "listen") };
}

/** Has it listen to what is durable. @returns the number by which it follows that. */
async function follows(stage: ProtocolClientStage, peer: RawPeer): Promise<unknown> {
  stage.tell(peer, { listen: "deed.recorded" });
  const [type, ref, names, since, credit] = await peer.next();
  expect([type, names, since, credit]).toEqual(["follow", ["deed.recorded"], "now", expect.any(Number)]);
  return ref;
}
