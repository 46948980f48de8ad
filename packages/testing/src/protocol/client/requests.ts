import { expect } from "vitest";
import type { RawMessage, RawPeer } from "../raw-peer.js";
import type { ProtocolClientChapter } from "./client-cases.js";
import { learns, type ProtocolClientStage } from "./stage.js";

const infinite = { $: ["number", "Infinity"] };

async function asked(
  stage: ProtocolClientStage,
  peer: RawPeer,
  ask: readonly unknown[],
): Promise<RawMessage> {
  stage.tell(peer, { ask });
  const message = await peer.next();
  expect(message.slice(0, 3)).toEqual(["request", expect.any(Number), ask[0]]);
  expect(message[4]).toEqual(ask[1]);
  return message;
}

/** What a client asks, and what becomes of it. */
export const requests: ProtocolClientChapter = (declare) => {
  const terms = { dividend: 6, divisor: 3 };

  declare("it asks by a number of its own, with its time, and takes the answer", async (stage) => {
    const { peer, refs } = await stage.welcomed();
    const [, ref, , timeout] = await asked(stage, peer, ["division.result", terms, 5_000]);
    expect([...refs.values()]).not.toContain(ref);
    expect(timeout).toBeLessThanOrEqual(5_000);
    peer.say(["answer", ref, 2]);
    await learns(peer, { value: 2 });
  });

  declare("an answer passes its schema", async (stage) => {
    const { peer } = await stage.welcomed();
    const [, ref] = await asked(stage, peer, ["division.result", terms]);
    peer.say(["answer", ref, "two"]);
    await learns(peer, { code: "Invalid" });
  });

  declare(
    "a declared error arrives with the detail that the schema knows, an unknown code as Internal",
    async (stage) => {
      const { peer } = await stage.welcomed();
      const first = await asked(stage, peer, ["division.result", terms]);
      peer.say([
        "failed",
        first[1],
        { code: "DivisionByZero", message: "", detail: { dividend: 6, more: 1 } },
      ]);
      await learns(peer, { code: "DivisionByZero", detail: { dividend: 6 } });
      const second = await asked(stage, peer, ["division.result", terms]);
      peer.say(["failed", second[1], { code: "toString", message: "" }]);
      await learns(peer, { code: "Internal" });
    },
  );

  declare("at its timeout it says cancel", async (stage) => {
    const { peer } = await stage.welcomed();
    const [, ref] = await asked(stage, peer, ["value.wait", "a", 50]);
    await stage.pass(50);
    const came = await peer.nextOf(2);
    expect(came).toContainEqual(["cancel", ref]);
    expect(came.map(([, , what]) => what)).toContainEqual({ code: "Timeout" });
    peer.say(["answer", ref, "late"]);
    await peer.tellsNothing();
  });

  declare("a request over a link that is lost fails, and an idempotent one is asked again", async (stage) => {
    const first = await stage.welcomed();
    await asked(stage, first.peer, ["value.wait", "a"]);
    await asked(stage, first.peer, ["gauge.read", "b"]);
    first.peer.cut();
    const { peer } = await stage.welcomed();
    const came = await stage.eventually(() => {
      const unread = peer.unread();
      expect(unread.some(([type]) => type === "request")).toBe(true);
      expect(unread.some(([, , what]) => JSON.stringify(what) === '{"code":"Disconnected"}')).toBe(true);
      return unread;
    });
    expect(came.filter(([type]) => type === "request").map(([, , name]) => name)).toEqual(["gauge.read"]);
  });

  declare("of a stream it pulls 16 behind its request, and 8 whenever 8 were taken", async (stage) => {
    const { peer } = await stage.welcomed();
    stage.tell(peer, { take: [1_000, { from: 0, count: 20 }] });
    const [, ref] = await peer.next();
    await peer.tells(["pull", ref, 16]);
    const items = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ["item", ref, from + index]);
    peer.say(["streaming", ref], ...items(0, 8));
    await peer.tells(["pull", ref, 8]);
    peer.say(...items(8, 8));
    await peer.tells(["pull", ref, 8]);
    peer.say(...items(16, 4), ["answer", ref]);
    await learns(peer, { value: Array.from({ length: 20 }, (_, index) => index) });
  });

  declare("who has taken enough of a stream says cancel", async (stage) => {
    const { peer } = await stage.welcomed();
    stage.tell(peer, { take: [1, { from: 0, count: 20 }] });
    const [, ref] = await peer.next();
    await peer.tells(["pull", ref, 16]);
    peer.say(["streaming", ref], ["item", ref, 0], ["item", ref, 1]);
    const came = await peer.nextOf(2);
    expect(came).toContainEqual(["cancel", ref]);
    expect(came.map(([, , what]) => what)).toContainEqual({ value: [0] });
  });

  declare("an item that was not pulled ends a stream, by cancel", async (stage) => {
    const { peer } = await stage.welcomed();
    stage.tell(peer, { take: [1_000, { from: 0, count: 20 }] });
    const [, ref] = await peer.next();
    await peer.tells(["pull", ref, 16]);
    peer.say(["streaming", ref], ...Array.from({ length: 60 }, (_, index) => ["item", ref, index]));
    await stage.eventually(() => {
      expect(peer.unread()).toContainEqual(["cancel", ref]);
      expect(peer.unread().map(([, , what]) => what)).toContainEqual({ code: "Overflow" });
    });
  });

  declare("it answers what the server asks, by its number", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(["request", 7, "guard.confirm", 5_000, { badge: "b", more: 1 }]);
    await peer.tells(["answer", 7, "b"]);
    peer.say(["request", 7, "guard.confirm", infinite, { badge: "c" }]);
    await peer.tells(["answer", 7, "c"]);
  });

  declare("it tells a declared error with its detail, and no text of another", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(["request", 1, "guard.confirm", 5_000, { badge: "asleep" }]);
    const declared = await peer.next();
    expect(declared).toMatchObject(["failed", 1, { code: "Asleep" }]);
    expect((declared[2] as { detail: unknown }).detail).toEqual({ since: 5 });
    peer.say(["request", 2, "guard.confirm", 5_000, { badge: "broken" }]);
    await stage.eventually(() =>
      expect(peer.unread().find(([type]) => type === "failed")).toMatchObject([
        "failed",
        2,
        { code: "Internal" },
      ]),
    );
    expect(JSON.stringify(peer.messages)).not.toContain("swordfish");
  });

  for (const [what, name, input, code] of [
    ["that is invalid", "guard.confirm", { badge: 7 }, "Invalid"],
    ["that servers answer", "value.echo", 1, "Denied"],
    ["that is unknown", "later.asked", 1, "Unsupported"],
    ["of an event", "note.added", "x", "Unsupported"],
  ] as const) {
    declare(`a question ${what} it answers by failed: ${code}`, async (stage) => {
      const { peer } = await stage.welcomed();
      peer.say(["request", 1, name, 5_000, input]);
      expect(await peer.next()).toMatchObject(["failed", 1, { code }]);
    });
  }

  declare("cancel has it tell its handler, and answer Aborted", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(["request", 1, "guard.confirm", 60_000, { badge: "wait" }]);
    await peer.tellsNothing();
    peer.say(["cancel", 1]);
    const came = await peer.nextOf(2);
    expect(came.find(([type]) => type === "failed")).toMatchObject(["failed", 1, { code: "Aborted" }]);
    expect(came.map(([, , what]) => what)).toContainEqual("aborted");
  });

  declare("it streams what is pulled, and no more", async (stage) => {
    const { peer } = await stage.welcomed();
    peer.say(["request", 1, "guard.watch", 5_000, { badge: "b" }], ["pull", 1, 2]);
    await peer.tells(["streaming", 1], ["item", 1, { badge: "b 0" }], ["item", 1, { badge: "b 1" }]);
    await peer.tellsNothing();
    peer.say(["pull", 1, 5]);
    await peer.tells(["item", 1, { badge: "b 2" }], ["answer", 1]);
  });
};
