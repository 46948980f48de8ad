import { expect } from "vitest";
import type { RawMessage, RawPeer } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { failure } from "./stage.js";

interface Asked {
  readonly timeout?: number;
  readonly takes?: number;
}

/** Has the server ask this peer, and gives the number that it is asked by. */
async function asked(peer: RawPeer, name: string, asking: Asked = {}): Promise<number> {
  peer.say(["request", 50, "suite.ask", 60_000, { name, badge: "b", ...asking }]);
  const [type, ref, ...rest] = await peer.next();
  expect([type, ...rest]).toEqual(["request", name, expect.any(Number), { badge: "b" }]);
  return ref as number;
}

const became = (outcome: unknown): RawMessage => ["answer", 50, outcome];
const failed = (code: string, detail?: unknown) =>
  became(expect.objectContaining({ code, ...(detail ? { detail } : {}) }));

/** Questions of the server, which its peer answers. */
export const asking: ProtocolChapter = (declare) => {
  declare("a server asks by a number of its own, and takes the answer", async (stage) => {
    const peer = await stage.welcomed();
    const ref = await asked(peer, "guard.confirm");
    peer.say(["answer", ref, true]);
    await peer.tells(became({ value: true }));
    peer.say(["answer", ref, false]);
    await peer.tellsNothing();
  });

  declare(
    "a declared error of a peer is known by its code, with the detail that the schema knows",
    async (stage) => {
      const peer = await stage.welcomed();
      const ref = await asked(peer, "guard.confirm");
      peer.say(["failed", ref, { code: "Asleep", message: "zzz", detail: { since: 5, more: 1 } }]);
      await peer.tells(failed("Asleep", { since: 5 }));
    },
  );

  declare("an unknown code is taken for Internal", async (stage) => {
    const peer = await stage.welcomed();
    const ref = await asked(peer, "guard.confirm");
    peer.say(["failed", ref, { code: "toString", message: "odd" }]);
    await peer.tells(failed("Internal"));
  });

  declare("a failure of a wrong shape is refused, and the question waits on", async (stage) => {
    const peer = await stage.welcomed();
    const ref = await asked(peer, "guard.confirm");
    peer.say(["failed", ref, { code: 7 }]);
    await peer.tells(["refused", null, null, failure("Invalid")]);
    peer.say(["answer", ref, 1]);
    await peer.tells(became({ value: 1 }));
  });

  declare("at its timeout the server gives a question up, and says cancel", async (stage) => {
    const peer = await stage.welcomed();
    const ref = await asked(peer, "guard.confirm", { timeout: 50 });
    await stage.pass(50);
    const came = await peer.nextOf(2);
    expect(came).toEqual(expect.arrayContaining([["cancel", ref], failed("Timeout")]));
    peer.say(["answer", ref, true]);
    await peer.tellsNothing();
  });

  declare("a streamed question is pulled 16 at first, then 8 whenever 8 were taken", async (stage) => {
    const peer = await stage.welcomed();
    const ref = await asked(peer, "guard.watch");
    await peer.tells(["pull", ref, 16]);
    const item = (number: number): RawMessage => ["item", ref, { badge: `${number}`, more: 1 }];
    peer.say(["streaming", ref], ...Array.from({ length: 8 }, (_, index) => item(index)));
    await peer.tells(["pull", ref, 8]);
    peer.say(["answer", ref]);
    const badges = Array.from({ length: 8 }, (_, index) => ({ badge: `${index}` }));
    await peer.tells(became({ items: badges }));
  });

  declare("who has taken enough of a stream says cancel", async (stage) => {
    const peer = await stage.welcomed();
    const ref = await asked(peer, "guard.watch", { takes: 1 });
    await peer.tells(["pull", ref, 16]);
    peer.say(["streaming", ref], ["item", ref, { badge: "a" }], ["item", ref, { badge: "b" }]);
    const came = await peer.nextOf(2);
    expect(came).toEqual(expect.arrayContaining([["cancel", ref], became({ items: [{ badge: "a" }] })]));
  });

  declare("an item that was not pulled ends the stream, by cancel", async (stage) => {
    const peer = await stage.welcomed();
    const ref = await asked(peer, "guard.watch", { takes: 1_000 });
    await peer.tells(["pull", ref, 16]);
    peer.say(["streaming", ref], ...Array.from({ length: 40 }, () => ["item", ref, { badge: "a" }]));
    const came = await stage.eventually(() => {
      const unread = peer.unread();
      expect(unread).toContainEqual(failed("Overflow"));
      return unread;
    });
    expect(came).toContainEqual(["cancel", ref]);
  });

  declare("an item that does not pass its schema ends the stream, by cancel", async (stage) => {
    const peer = await stage.welcomed();
    const ref = await asked(peer, "guard.watch");
    await peer.tells(["pull", ref, 16]);
    peer.say(["streaming", ref], ["item", ref, { badge: 7 }]);
    const came = await peer.nextOf(2);
    expect(came).toEqual(expect.arrayContaining([["cancel", ref], failed("Invalid")]));
  });

  declare("streaming of what is no stream is given up, Unsupported, by cancel", async (stage) => {
    const peer = await stage.welcomed();
    const ref = await asked(peer, "guard.confirm");
    peer.say(["streaming", ref]);
    const came = await peer.nextOf(2);
    expect(came).toEqual(expect.arrayContaining([["cancel", ref], failed("Unsupported")]));
  });

  declare("an answer without streaming to what is a stream is given up, Unsupported", async (stage) => {
    const peer = await stage.welcomed();
    const ref = await asked(peer, "guard.watch");
    await peer.tells(["pull", ref, 16]);
    peer.say(["answer", ref, 1]);
    await peer.tells(failed("Unsupported"));
  });

  declare("a server asks no more of one peer at once than its limit of requests", async (stage) => {
    await stage.serve({ requests: 1 });
    const peer = await stage.welcomed();
    const other = await stage.welcomed();
    const ref = await asked(peer, "guard.confirm");
    const otherRef = await asked(other, "guard.confirm");
    other.say(["answer", otherRef, 2]);
    await other.tells(became({ value: 2 }));
    peer.say(["answer", ref, 1]);
    await peer.tells(became({ value: 1 }));
  });
};
