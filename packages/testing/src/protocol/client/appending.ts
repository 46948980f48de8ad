import { expect } from "vitest";
import type { RawMessage, RawPeer } from "../raw-peer.js";
import type { ProtocolClientChapter } from "./client-cases.js";
import { learns, type ProtocolClientStage, welcome } from "./stage.js";

const takes = { outboxes: 8, user: "me" };
const denied = { code: "Denied", message: "No.", retryable: false };
const unavailable = { code: "Unavailable", message: "The log has failed.", retryable: true };
const invalid = { code: "Invalid", message: "The id is too long.", issues: [], retryable: false };
const fenced = { code: "Fenced", message: "Another.", retryable: true };
const anyId = expect.stringMatching(/^~[ -~]{1,63}$/);
const anyProducer = expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);

const append = (ref: unknown, sequence: number, text: string): RawMessage => [
  "append",
  ref,
  sequence,
  anyId,
  "deed.recorded",
  text,
];
const producing = (ref: unknown, expected: number, known = false): RawMessage => [
  "producing",
  ref,
  expected,
  known,
  "me",
  "power",
];
const appended = (ref: unknown, sequence: number): RawMessage => [
  "appended",
  ref,
  sequence,
  `log.${sequence}`,
  false,
];
const recorded = (text: string, number: number) => ({ recorded: [text, `log.${number}`, false] });

/** How a client has the log take its durable events. */
export const appending: ProtocolClientChapter = (declare) => {
  declare(
    "it begins with produce, then appends what it emitted, in order and by rising numbers",
    async (stage) => {
      const { peer } = await stage.welcomed(takes);
      const [ref] = await produces(stage, peer, ["a", "b"]);
      peer.say(producing(ref, 1));
      await peer.tells(append(ref, 1, "a"), append(ref, 2, "b"));
      peer.say(appended(ref, 1), appended(ref, 2));
      await learns(peer, recorded("a", 1), recorded("b", 2));
      stage.tell(peer, { record: ["c"] });
      await peer.tells(append(ref, 3, "c"));
    },
  );

  declare("it sends no durable event to a server that does not say that it takes some", async (stage) => {
    const { peer } = await stage.welcomed();
    stage.tell(peer, { record: ["a"] });
    await learns(peer, { error: "Unsupported" });
    await peer.tellsNothing();
  });

  declare(
    "what is behind one that is rejected takes its number, and is sent again from there",
    async (stage) => {
      const { peer } = await stage.welcomed(takes);
      const [ref] = await produces(stage, peer, ["a", "b", "c"]);
      peer.say(producing(ref, 1));
      await peer.tells(append(ref, 1, "a"), append(ref, 2, "b"), append(ref, 3, "c"));
      peer.say(appended(ref, 1), ["rejected", ref, 2, denied]);
      await takesAll(peer, { recorded: ["a", "log.1", false] }, { code: "Denied" }, append(ref, 2, "c"));
    },
  );

  declare("it goes back to what is to come again, after the time that it is told", async (stage) => {
    const { peer } = await stage.welcomed(takes);
    const [ref] = await produces(stage, peer, ["a", "b"]);
    peer.say(producing(ref, 1));
    await peer.nextOf(2);
    peer.say(["again", ref, 1, 50]);
    await peer.tells(append(ref, 1, "a"), append(ref, 2, "b"));
  });

  declare("over a new link it says a newer epoch, and sends what the log does not have", async (stage) => {
    const first = await stage.welcomed(takes);
    const [ref, producer, epoch] = await produces(stage, first.peer, ["a", "b"]);
    first.peer.say(producing(ref, 1));
    await first.peer.nextOf(2);
    first.peer.cut();
    const { peer, asks } = await rejoins(stage);
    expect(asks).toEqual(["produce", expect.any(Number), producer, expect.any(Number), epoch, "me"]);
    expect(asks[3]).toBeGreaterThan(epoch as number);
    peer.say(producing(asks[1], 2, true));
    await takesAll(peer, { recorded: ["a", null, true] }, append(asks[1], 2, "b"));
  });

  declare("what was sent to a log that no longer knows of it is told as unknown, once", async (stage) => {
    const first = await stage.welcomed(takes);
    const [ref] = await produces(stage, first.peer, ["a"]);
    first.peer.say(producing(ref, 1));
    await first.peer.nextOf(1);
    first.peer.cut();
    const { peer, asks } = await rejoins(stage);
    peer.say(producing(asks[1], 1, false));
    await learns(peer, { code: "OutcomeUnknown" });
    stage.tell(peer, { record: ["b"] });
    await peer.tells(append(asks[1], 1, "b"));
  });

  declare("one that is fenced begins again with a newer epoch", async (stage) => {
    const { peer } = await stage.welcomed(takes);
    const [ref, producer, epoch] = await produces(stage, peer, ["a"]);
    peer.say(["failed", ref, fenced]);
    const [type, , again, newer] = await peer.next();
    expect([type, again]).toEqual(["produce", producer]);
    expect(newer).toBeGreaterThan(epoch as number);
  });

  declare("it appends nothing before it is told what is expected", async (stage) => {
    const { peer } = await stage.welcomed(takes);
    const [ref] = await produces(stage, peer, ["a"]);
    stage.tell(peer, { record: ["b"] });
    await peer.tellsNothing();
    peer.say(producing(ref, 5, true));
    await peer.tells(append(ref, 5, "a"), append(ref, 6, "b"));
  });

  declare("where the log fails as it begins, it begins again, with all that it has", async (stage) => {
    const { peer } = await stage.welcomed(takes);
    const [ref, producer, epoch] = await produces(stage, peer, ["a"]);
    peer.say(["failed", ref, unavailable]);
    const [type, newRef, again, newer, confirmed] = await peer.next();
    expect([type, again, confirmed]).toEqual(["produce", producer, 0]);
    expect(newer).toBeGreaterThan(epoch as number);
    peer.say(producing(newRef, 1));
    await peer.tells(append(newRef, 1, "a"));
    peer.say(appended(newRef, 1));
    await learns(peer, recorded("a", 1));
  });

  declare("where the log fails as it sends, it asks first what is there", async (stage) => {
    const { peer } = await stage.welcomed(takes);
    const [ref, , epoch] = await produces(stage, peer, ["a", "b"]);
    peer.say(producing(ref, 1));
    await peer.nextOf(2);
    peer.say(["failed", ref, unavailable]);
    const [type, newRef, , , confirmed] = await peer.next();
    expect([type, confirmed]).toEqual(["produce", epoch]);
    peer.say(producing(newRef, 2, true));
    await takesAll(peer, { recorded: ["a", null, true] }, append(newRef, 2, "b"));
  });

  declare("what is never taken from this user is told so, and not begun again", async (stage) => {
    const { peer } = await stage.welcomed(takes);
    const [ref] = await produces(stage, peer, ["a"]);
    peer.say(["failed", ref, invalid]);
    await learns(peer, { code: "Invalid" });
    stage.tell(peer, { record: ["b"] });
    await learns(peer, { code: "Invalid" });
    await peer.tellsNothing();
  });

  declare(
    "what is another user's stays, and what is emitted then is sent from another outbox",
    async (stage) => {
      const { peer } = await stage.welcomed(takes);
      const [ref, producer] = await produces(stage, peer, ["a"]);
      peer.say(["failed", ref, denied]);
      await peer.tellsNothing();
      const [, other] = await produces(stage, peer, ["b"]);
      expect(other).not.toBe(producer);
    },
  );

  declare(
    "what one user emits stays in one outbox, also before that is answered over a new link",
    async (stage) => {
      const first = await stage.welcomed(takes);
      const [ref] = await produces(stage, first.peer, ["a"]);
      first.peer.say(producing(ref, 1));
      await first.peer.nextOf(1);
      first.peer.cut();
      const { peer, asks } = await rejoins(stage);
      stage.tell(peer, { record: ["b"] });
      await stage.pass(50);
      peer.say(producing(asks[1], 1, true));
      await peer.tells(append(asks[1], 1, "a"), append(asks[1], 2, "b"));
    },
  );

  declare("no more than 256 of its appends are unanswered", async (stage) => {
    const { peer } = await stage.welcomed(takes);
    const texts = Array.from({ length: 300 }, (_, index) => `deed ${index}`);
    const [ref] = await produces(stage, peer, texts);
    peer.say(producing(ref, 1));
    await peer.nextOf(256);
    await peer.tellsNothing();
    peer.say(appended(ref, 1));
    await takesAll(peer, { recorded: ["deed 0", "log.1", false] }, append(ref, 257, "deed 256"));
  });
};

/** Has it emit. @returns by what it says that it begins: the number, the producer and the epoch. */
async function produces(
  stage: ProtocolClientStage,
  peer: RawPeer,
  record: readonly string[],
): Promise<readonly [ref: unknown, producer: unknown, epoch: unknown]> {
  stage.tell(peer, { record });
  const [type, ref, producer, epoch, confirmed, user] = await peer.next();
  expect([type, ref, producer, epoch]).toEqual([
    "produce",
    expect.any(Number),
    anyProducer,
    expect.any(Number),
  ]);
  expect([confirmed, user]).toEqual([0, null]);
  return [ref, producer, epoch];
}

/** Waits for what it learned and what it sends, whichever comes first. */
async function takesAll(peer: RawPeer, ...expected: readonly unknown[]): Promise<void> {
  const came = await peer.nextOf(expected.length);
  const plain = came.map((message) => (message[0] === "event" ? message[2] : message));
  expect(plain).toEqual(expect.arrayContaining([...expected]));
}

/** The client's next link, on which it listens again. @returns by what it begins to send from its outbox. */
async function rejoins(stage: ProtocolClientStage) {
  const { peer, fields } = await stage.greeted();
  peer.say(welcome(fields.link, takes));
  const said = await peer.nextOf(6);
  const listens = said.filter(([type]) => type === "listen");
  peer.say(...listens.map(([, ref]) => ["listening", ref]));
  await peer.nextOf(4);
  return { peer, asks: said.find(([type]) => type === "produce") ?? [] };
}
