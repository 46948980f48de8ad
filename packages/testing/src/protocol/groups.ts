import { expect } from "vitest";
import type { RawMessage, RawPeer } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { decisionTimeout, failure } from "./stage.js";

/** How long it takes at most until members have seen who is there, in milliseconds. */
const meeting = 4_000;

const deed = (text: string) => ["deed.recorded", text] as const;
const signed = (room: unknown, text: string) => ["deed.signed", { room, text }] as const;

interface Joining {
  readonly group?: string;
  readonly pattern?: string;
  readonly names?: readonly string[];
  readonly since?: unknown;
  readonly concurrency?: number;
  readonly attempts?: number;
}

/** A failed attempt is followed by the next one at once. */
function join(ref: number, joining: Joining = {}): RawMessage {
  const {
    group = "clerks",
    pattern = "deed.recorded",
    since = "now",
    concurrency = 9,
    attempts = 5,
  } = joining;
  const { names = [pattern] } = joining;
  return ["join", ref, group, pattern, names, since, concurrency, { attempts, backoff: { initial: 0 } }];
}

const refused: Readonly<Record<string, readonly [joining: Joining, code: string]>> = {
  "an unknown name": [{ pattern: "nothing.known" }, "Unsupported"],
  "a live event": [{ pattern: "note.added" }, "Unsupported"],
  "a task": [{ pattern: "parcel.carry" }, "Unsupported"],
  "a pattern of which it does not know all names": [
    { pattern: "deed.*", names: ["deed.recorded", "deed.signed"] },
    "Unsupported",
  ],
  "names that its pattern does not stand for": [{ names: ["deed.recorded", "deed.signed"] }, "Unsupported"],
  "what no rule allows": [{ pattern: "deed.sealed" }, "Denied"],
  "what a rule denies to its group": [{ pattern: "deed.guarded", group: "thieves" }, "Denied"],
  "what is no name of a group": [{ group: "no name" }, "Invalid"],
  "less than one attempt": [{ attempts: 0 }, "Invalid"],
  "what is no position": [{ since: "yesterday" }, "Invalid"],
};

/** How a peer is one of a group that shares durable events. */
export const groups: ProtocolChapter = (declare) => {
  declare("a join is answered by joined, and a member is given what is to be done", async (stage) => {
    const peer = await stage.welcomed();
    await stage.emits(deed("before"));
    await joins(peer, join(1));
    await stage.emits(deed("after"));
    const [type, ref, delivery, name, data, id, time, offset, attempt] = await peer.next();
    expect([type, ref, name, data, attempt]).toEqual(["given", 1, ...deed("after"), 1]);
    expect([delivery, id, time, offset]).toEqual([
      expect.any(Number),
      expect.stringMatching(/^[ -~]{1,64}$/),
      expect.any(Number),
      expect.stringMatching(/^.+\.\d+$/),
    ]);
    await peer.tellsNothing();
  });

  declare(
    "a new group begins where its first member says, and goes on where it is for others",
    async (stage) => {
      const first = await stage.welcomed();
      await stage.emits(deed("one"), deed("two"));
      await joins(first, join(1, { since: "start", concurrency: 1 }));
      const [given] = await gives(first, ["one"]);
      first.say(["done", 1, given![2]]);
      await gives(first, ["two"]);
      first.cut();
      const second = await stage.welcomed();
      await joins(second, join(1, { since: "start" }));
      await gives(second, ["two"]);
      await second.tellsNothing();
    },
  );

  declare(
    "no more is given at once than the concurrency, and of a key the next when the one before is done",
    async (stage) => {
      const peer = await stage.welcomed();
      await joins(peer, join(1, { pattern: "deed.signed", concurrency: 2 }));
      await stage.emits(signed("a", "1"), signed("a", "2"), signed("b", "3"), signed("c", "4"));
      const [first, second] = await gives(peer, ["1", "3"]);
      await peer.tellsNothing();
      peer.say(["done", 1, second![2]]);
      const [third] = await gives(peer, ["4"]);
      peer.say(["done", 1, third![2]]);
      await peer.tellsNothing();
      peer.say(["done", 1, first![2]]);
      await gives(peer, ["2"]);
    },
  );

  declare(
    "undone with a reason is a failed attempt, and the event is given again before others of its key",
    async (stage) => {
      const peer = await stage.welcomed();
      await joins(peer, join(1));
      await stage.emits(deed("one"), deed("two"));
      for (const attempt of [1, 2, 3]) {
        const [given] = await gives(peer, ["one"]);
        expect(given!.at(8)).toBe(attempt);
        peer.say(attempt < 3 ? ["undone", 1, given![2], "no ink"] : ["done", 1, given![2]]);
      }
      await gives(peer, ["two"]);
    },
  );

  declare("undone without a reason is no attempt", async (stage) => {
    const peer = await stage.welcomed();
    await joins(peer, join(1, { attempts: 1 }));
    await stage.emits(deed("one"));
    const [first] = await gives(peer, ["one"]);
    peer.say(["undone", 1, first![2]]);
    const [again] = await gives(peer, ["one"]);
    expect(again!.at(8)).toBe(1);
  });

  declare("an event whose attempts are used up is passed over", async (stage) => {
    const peer = await stage.welcomed();
    await joins(peer, join(1, { attempts: 2 }));
    await stage.emits(deed("one"), deed("two"));
    for (const _ of [1, 2]) {
      const [given] = await gives(peer, ["one"]);
      peer.say(["undone", 1, given![2], "no ink"]);
    }
    await gives(peer, ["two"]);
  });

  declare("an answer to what was not given, or was answered, is passed over", async (stage) => {
    const peer = await stage.welcomed();
    await joins(peer, join(1));
    await stage.emits(deed("one"), deed("two"));
    const [given] = await gives(peer, ["one"]);
    const delivery = given![2] as number;
    peer.say(["done", 1, delivery + 1], ["done", 7, delivery], ["undone", 7, delivery, "no"]);
    await peer.tellsNothing();
    peer.say(["done", 1, delivery], ["undone", 1, delivery, "late"], ["done", 1, delivery]);
    await gives(peer, ["two"]);
    await peer.tellsNothing();
  });

  declare("each event is given to one of the members", async (stage) => {
    const peers = [await stage.welcomed(), await stage.welcomed()];
    for (const peer of peers) await joins(peer, join(1, { pattern: "deed.signed", concurrency: 99 }));
    await stage.pass(2 * meeting);
    const rooms = Array.from({ length: 24 }, (_, room) => room);
    await stage.emits(...rooms.map((room) => signed(room, `${room}`)));
    await stage.eventually(() => expect(peers.flatMap((peer) => peer.unread())).toHaveLength(rooms.length));
    for (const peer of peers) expect(peer.unread()).not.toEqual([]);
    const given = peers.flatMap((peer) => peer.unread()).map(textOf);
    expect([...given].sort()).toEqual(rooms.map(String).sort());
  });

  declare(
    "what a member had whose link has ended is given to another, as a further attempt",
    async (stage) => {
      const lost = await stage.welcomed();
      await joins(lost, join(1, { attempts: 1 }));
      await stage.emits(deed("one"), deed("two"));
      await gives(lost, ["one"]);
      lost.cut();
      const other = await stage.welcomed();
      await joins(other, join(1, { attempts: 1 }));
      const [given] = await gives(other, ["one"]);
      expect(given!.at(8)).toBe(2);
      other.say(["done", 1, given![2]]);
      const [next] = await gives(other, ["two"]);
      expect(next!.at(8)).toBe(1);
    },
  );

  declare(
    "behind its unlisten a member is given nothing, and its word on what it has still counts",
    async (stage) => {
      const peer = await stage.welcomed();
      await joins(peer, join(1));
      await stage.emits(deed("one"), deed("two"));
      const [given] = await gives(peer, ["one"]);
      peer.say(["unlisten", 1], ["done", 1, given![2]]);
      await peer.tellsNothing();
      await joins(peer, join(2));
      await gives(peer, ["two"]);
    },
  );

  declare(
    "a right that is taken away is told by failed, and others are given what was under way",
    async (stage) => {
      const peer = await stage.welcomed();
      await joins(peer, join(1, { pattern: "deed.guarded" }));
      await stage.emits(["deed.guarded", "one"]);
      const [given] = await gives(peer, ["one"]);
      await stage.drive("suite.forbid", "deed.guarded");
      await peer.tells(["failed", 1, failure("Denied")]);
      peer.say(["done", 1, given![2]]);
      await stage.drive("suite.forbid", "deed.guarded");
      await joins(peer, join(2, { pattern: "deed.guarded" }));
      await gives(peer, ["one"]);
    },
  );

  declare(
    "a join whose rule gives no answer in time is told Unavailable, and may be asked for again",
    async (stage) => {
      await stage.serve({ decisionTimeout });
      const peer = await stage.welcomed();
      peer.say(join(1, { pattern: "deed.weighed" }));
      await stage.pass(decisionTimeout);
      await peer.tells(["failed", 1, failure("Unavailable")]);
      peer.say(join(2, { pattern: "deed.weighed" }));
      await peer.tellsNothing();
      await stage.drive("suite.decide", true);
      await peer.tells(["joined", 2]);
    },
  );

  declare("what is begun further back than may be read is told by missing", async (stage) => {
    await stage.serve({ resume: 0 });
    const peer = await stage.welcomed();
    await stage.emits(signed("a", "before"));
    await stage.drive("suite.wait", null);
    peer.say(join(1, { pattern: "deed.signed", since: "start" }));
    await peer.tells(["missing", 1, "denied"], ["joined", 1]);
    await stage.emits(signed("a", "after"));
    await gives(peer, ["after"]);
  });

  declare("a peer is a member of no more groups than memberships", async (stage) => {
    await stage.serve({ memberships: 1 });
    const peer = await stage.welcomed();
    await joins(peer, join(1));
    peer.say(join(2, { group: "others" }));
    await peer.tells(["failed", 2, failure("Overflow")]);
  });

  for (const [what, [joining, code]] of Object.entries(refused)) {
    declare(`no group does ${what}: ${code}`, async (stage) => {
      const peer = await stage.welcomed();
      peer.say(join(1, joining));
      await peer.tells(["failed", 1, failure(code)]);
      await peer.tellsNothing();
    });
  }
};

/** Has it become a member. */
async function joins(peer: RawPeer, message: RawMessage): Promise<void> {
  peer.say(message);
  await peer.tells(["joined", message[1]]);
}

/** It is given these texts, in any order. @returns the messages, in the order of the texts. */
async function gives(peer: RawPeer, texts: readonly string[]): Promise<readonly RawMessage[]> {
  const came = await peer.nextOf(texts.length);
  expect(came.map(([type]) => type)).toEqual(texts.map(() => "given"));
  expect(new Set(came.map(textOf))).toEqual(new Set(texts));
  return texts.map((text) => came.find((message) => textOf(message) === text)!);
}

function textOf([, , , , data]: RawMessage): unknown {
  return (data as { readonly text?: string }).text ?? data;
}
