import { expect } from "vitest";
import type { RawMessage, RawPeer } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { failure } from "./stage.js";

const name = "parcel.carry";
const worker = { session: "s1", worker: 1 };
const own = (ref: number, kind: string, input: unknown): RawMessage => [
  "request",
  ref,
  `eventwire/${kind}`,
  5_000,
  input,
];
const enqueue = (ref: number, id: string, more: object = {}) =>
  own(ref, "enqueue", { name, id, data: "x", ...more });
const done = { type: "done" };

const refused: Readonly<Record<string, readonly [kind: string, input: unknown, code: string]>> = {
  "to enqueue an unknown name": ["enqueue", { name: "nothing.known", id: "~a.1", data: "x" }, "Unsupported"],
  "to enqueue an event": ["enqueue", { name: "note.added", id: "~a.1", data: "x" }, "Unsupported"],
  "to enqueue what does not pass its schema": ["enqueue", { name, id: "~a.1", data: 5 }, "Invalid"],
  "to enqueue by an id that a server makes": ["enqueue", { name, id: "a.1", data: "x" }, "Invalid"],
  "to enqueue after what another user has enqueued": [
    "enqueue",
    { name, id: "~a.1", data: "x", after: ["~other/a.1"] },
    "Denied",
  ],
  "to enqueue what no rule allows": ["enqueue", { name: "parcel.keep", id: "~a.1", data: "x" }, "Denied"],
  "to look at what another user has enqueued": ["state", { name, id: "~other/a.1" }, "Denied"],
  "to watch what another user has enqueued": ["watch", { name, id: "~other/a.1" }, "Denied"],
  "to cancel what another user has enqueued": ["cancel", { name, ids: ["~other/a.1"] }, "Denied"],
  "to wait for what another user has enqueued": ["result", { id: "~other/a.1" }, "Denied"],
  "to wait for what never was": ["result", { id: "~a.9" }, "UnknownTask"],
  "to work on what no rule allows": ["work", { ...worker, name: "parcel.keep" }, "Denied"],
  "to work on an event": ["work", { ...worker, name: "note.added" }, "Unsupported"],
  "to work under no lease": ["work", { ...worker, name, lease: 10 }, "Invalid"],
  "to work as nobody": ["work", { name, worker: 1 }, "Invalid"],
  "to hand a task back for no time": [
    "settle",
    { ...worker, id: "a", token: 1, outcome: { type: "released", delay: "1" } },
    "Invalid",
  ],
  "to settle without an outcome": ["settle", { ...worker, id: "a", token: 1 }, "Invalid"],
  "of an own name that there is not": ["steal", { name }, "Unsupported"],
};

/** What clients ask about tasks, and how they do them. */
export const tasks: ProtocolChapter = (declare) => {
  for (const [what, [kind, input, code]] of Object.entries(refused)) {
    declare(`a request about tasks fails ${what}: ${code}`, async (stage) => {
      const peer = await stage.welcomed();
      peer.say(own(1, kind, input), ["pull", 1, 16]);
      await fails(peer, 1, code);
    });
  }

  declare(
    "a task is enqueued once, however often it is asked for by its id, and is its user's",
    async (stage) => {
      const peer = await stage.welcomed({ auth: { user: "a/n" } });
      peer.say(enqueue(1, "~x.1"));
      const receipt = { id: "~a%2Fn/x.1", durability: expect.any(String), duplicate: false };
      expect(await peer.next()).toEqual(["answer", 1, receipt]);
      peer.say(enqueue(2, "~x.1"));
      expect(await peer.next()).toEqual(["answer", 2, { ...receipt, duplicate: true }]);
      const other = await stage.welcomed({ auth: { user: "bob" } });
      other.say(enqueue(1, "~x.1"));
      expect(await other.next()).toEqual(["answer", 1, { ...receipt, id: "~bob/x.1" }]);
      for (const [ref, id] of [
        [3, "~x.1"],
        [4, "~a%2Fn/x.1"],
      ] as const) {
        peer.say(own(ref, "state", { name, id }));
        expect(await peer.next()).toMatchObject(["answer", ref, { id: "~a%2Fn/x.1", state: "waiting" }]);
      }
      peer.say(own(5, "state", { name, id: "~x.9" }));
      await peer.tells(["answer", 5, null]);
    },
  );

  declare("a task is a duplicate by its name of its user's, and of nobody else's", async (stage) => {
    for (const [user, duplicate] of [
      ["ann", false],
      ["bob", false],
      ["ann", true],
    ] as const) {
      const peer = await stage.welcomed({ auth: { user } });
      peer.say(enqueue(1, `~x.${duplicate}`, { dedupe: "d" }));
      expect(await peer.next()).toMatchObject(["answer", 1, { id: `~${user}/${name}:d`, duplicate }]);
    }
  });

  declare("how a task stands is streamed, until it is over", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(enqueue(1, "~x.1"));
    await peer.next();
    peer.say(own(2, "watch", { name, id: "~x.1" }), ["pull", 2, 16]);
    await peer.tells(["streaming", 2]);
    expect(await peer.next()).toMatchObject(["item", 2, { state: "waiting", attempt: 0 }]);
    peer.say(own(3, "cancel", { name, ids: ["~x.1"] }));
    const said = await peer.nextOf(3);
    expect(said).toContainEqual(["answer", 3, 1]);
    expect(said).toContainEqual(["answer", 2]);
    peer.say(own(4, "watch", { name, id: "~x.9" }), ["pull", 4, 16]);
    await peer.tells(["streaming", 4], ["item", 4, null], ["answer", 4]);
  });

  declare("a worker is given what it has room for, and what becomes of that counts once", async (stage) => {
    const peer = await stage.welcomed();
    await works(peer, 1, { concurrency: 1 });
    peer.say(enqueue(2, "~x.1"), enqueue(3, "~x.2"));
    const [id, token] = await isGiven(peer, 1, "~anybody/x.1");
    const early = await peer.hears();
    expect(early.filter(([type]) => type === "item")).toEqual([]);
    const settle = (ref: number, more: object = {}) =>
      own(ref, "settle", { ...worker, id, token, outcome: done, ...more });
    peer.say(settle(4, { token: (token as number) + 1 }), settle(5, { session: "other" }), settle(6));
    const told = [...(await peer.nextOf(4))].sort((one, other) => Number(one[1]) - Number(other[1]));
    expect(told.filter(([type]) => type === "answer")).toEqual([
      ["answer", 4, { held: false }],
      ["answer", 5, { held: false }],
      ["answer", 6, { held: true }],
    ]);
    expect(told).toContainEqual(["item", 1, expect.objectContaining({ type: "task", id: "~anybody/x.2" })]);
    peer.say(settle(7));
    await peer.tells(["answer", 7, { held: false }]);
  });

  declare(
    "a worker whose link is lost goes on with what it has, and a stranger has nothing of it",
    async (stage) => {
      const peer = await stage.welcomed();
      await works(peer, 1);
      peer.say(enqueue(2, "~x.1"));
      const [id, token] = await isGiven(peer, 1, "~anybody/x.1");
      peer.cut();
      const stranger = await stage.welcomed({ auth: { user: "bob" } });
      await works(stranger, 1);
      await stranger.tellsNothing();
      stranger.say(own(2, "settle", { ...worker, id, token, outcome: done }));
      await stranger.tells(["answer", 2, { held: false }]);
      const back = await stage.welcomed();
      // What it had by the old token nobody can end any more, whoever said so late.
      await works(back, 1, {}, [[id, expect.any(Number), 1]]);
      const [, anew] = await isGiven(back, 1, "~anybody/x.1");
      expect(anew).toBeGreaterThan(token as number);
      back.say(own(2, "settle", { ...worker, id, token, outcome: done }));
      await back.tells(["answer", 2, { held: false }]);
      back.say(own(3, "settle", { ...worker, id, token: anew, outcome: done }));
      await back.tells(["answer", 3, { held: true }]);
    },
  );

  declare(
    "what a worker has that ends is given back at once, and was an attempt where it was sent",
    async (stage) => {
      const peer = await stage.welcomed();
      await works(peer, 1);
      peer.say(enqueue(2, "~x.1"));
      await isGiven(peer, 1, "~anybody/x.1");
      peer.say(["cancel", 1]);
      const other = await stage.welcomed({ auth: { user: "bob" } });
      await works(other, 1);
      await isGiven(other, 1, "~anybody/x.1", 2);
    },
  );

  declare(
    "what a worker hands back is no attempt, and nobody's until it was to be given to others",
    async (stage) => {
      const peer = await stage.welcomed();
      await works(peer, 1);
      const [id, token] = await begins(peer, 2, "~x.1");
      const outcome = { type: "released", delay: 600_000 };
      peer.say(own(3, "settle", { ...worker, id, token, outcome }));
      await peer.tells(["answer", 3, { held: true }]);
      peer.say(own(4, "settle", { ...worker, id, token, outcome: done }));
      await peer.tells(["answer", 4, { held: false }]);
      peer.say(own(5, "state", { name, id }));
      expect(await peer.next()).toMatchObject(["answer", 5, { state: "delayed", attempt: 0 }]);
      // Without a delay others may have it at once, and this one has something else first.
      const [other, second] = await begins(peer, 6, "~x.2");
      peer.say(own(7, "settle", { ...worker, id: other, token: second, outcome: { type: "released" } }));
      await peer.tells(["answer", 7, { held: true }]);
      const next = await stage.welcomed({ auth: { user: "bob" } });
      await works(next, 1);
      await isGiven(next, 1, "~anybody/x.2");
    },
  );

  declare("what is cancelled, or takes too long, is lost to its worker", async (stage) => {
    const peer = await stage.welcomed();
    await works(peer, 1);
    const [id, token] = await begins(peer, 2, "~x.1");
    peer.say(own(3, "cancel", { name, ids: ["~x.1"] }));
    expect(await peer.nextOf(2)).toContainEqual(["item", 1, { type: "lost", id, token, code: "Cancelled" }]);
    peer.say(own(4, "settle", { ...worker, id, token, outcome: done }));
    await peer.tells(["answer", 4, { held: false }]);
  });

  declare(
    "progress is seen in how a task stands, and a worker that rests is given nothing more",
    async (stage) => {
      const peer = await stage.welcomed();
      await works(peer, 1);
      const [id, token] = await begins(peer, 2, "~x.1");
      peer.say(own(3, "progress", { ...worker, id, token, data: { step: 1 } }));
      await peer.tells(["answer", 3, null]);
      peer.say(own(4, "state", { name, id }));
      expect(await peer.next()).toMatchObject(["answer", 4, { state: "claimed", progress: { step: 1 } }]);
      peer.say(own(5, "rest", worker));
      await peer.tells(["answer", 5, null]);
      peer.say(enqueue(6, "~x.2"), own(7, "settle", { ...worker, id, token, outcome: done }));
      const told = await peer.nextOf(3);
      expect(told).toContainEqual(["answer", 7, { held: true }]);
      expect(told).toContainEqual(["answer", 1]);
      await peer.tellsNothing();
    },
  );
};

async function works(peer: RawPeer, ref: number, more: object = {}, claims: readonly unknown[] = []) {
  peer.say(own(ref, "work", { ...worker, name, ...more }), ["pull", ref, 16]);
  await peer.tells(["streaming", ref], ["item", ref, { type: "held", claims }]);
}

/** Has a peer that works by its request 1 enqueue a task that it is given itself: before its receipt, or after. @returns as of `isGiven`. */
async function begins(peer: RawPeer, ref: number, id: string): Promise<readonly unknown[]> {
  peer.say(enqueue(ref, id));
  const told = await peer.nextOf(2);
  expect(told).toContainEqual(["answer", ref, expect.objectContaining({ duplicate: false })]);
  const given = told.find(([type]) => type === "item");
  return expectTask(given, 1, id.replace("~", "~anybody/"));
}

/** @returns what it is settled by. Receipts may come before. */
async function isGiven(peer: RawPeer, ref: number, id: string, attempt = 1): Promise<readonly unknown[]> {
  for (;;) {
    const message = await peer.next();
    if (message[0] !== "answer") return expectTask(message, ref, id, attempt);
  }
}

function expectTask(
  message: RawMessage | undefined,
  ref: number,
  id: string,
  attempt = 1,
): readonly unknown[] {
  expect(message).toEqual([
    "item",
    ref,
    {
      ...{ type: "task", id, token: expect.any(Number), attempt, time: expect.any(Number), data: "x" },
      ...{ lease: expect.any(Number), cause: [] },
    },
  ]);
  return [id, (message![2] as { readonly token: number }).token];
}

async function fails(peer: RawPeer, ref: number, code: string): Promise<void> {
  for (;;) {
    const message = await peer.next();
    if (message[0] === "streaming") continue;
    expect(message).toEqual(["failed", ref, failure(code)]);
    return;
  }
}
