import { type CloseReason, createBus, defineContract, event, type Link, request } from "@eventwire/core";
import { createHub, decodeFrame, type ServeOptions, type WireMessage } from "@eventwire/wire";
import { expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { type Acknowledge, PlainPeer } from "./plain-peer.js";
import type { Saying } from "./plain-saying.js";

const contract = defineContract({
  "note.added": event(z.string(), { from: "both" }),
  "note.count": request({ input: z.number(), output: z.number() }),
  "client.asked": request({ input: z.number(), output: z.number(), by: "client" }),
});
type Options = ServeOptions<typeof contract, { readonly id: string }>;

/** A plain peer of a hub, without sockets. */
function start(options: Partial<Options> = {}) {
  const bus = createBus(contract, { onError: () => undefined });
  // What waits here never leaves.
  onTestFinished(() => bus.close({ drain: 0 }));
  let onLink: (link: Link) => void = () => undefined;
  const source = {
    listen(give: (link: Link) => void) {
      onLink = give;
      return () => undefined;
    },
  };
  const allow = { listen: { "*": true }, emit: { "*": true }, request: { "*": true } } as const;
  const hub = createHub(bus, source, { authenticate: () => ({ id: "ann" }), allow, ...options });
  const emitted: unknown[][] = [];
  const ended: [reason: CloseReason, welcomed: boolean, here: boolean][] = [];
  const waiting = { bytes: 0 };
  const peer = new PlainPeer({
    facts: { transport: "none", maxFrameBytes: 20_000, reliable: true },
    contract: "x",
    get bufferedBytes() {
      return waiting.bytes;
    },
    read: (frame) => decodeFrame(frame) as readonly WireMessage[],
    sending: (bytes) => {
      waiting.bytes += bytes;
    },
    emit: (...values) => emitted.push(values),
    ended: (...end) => ended.push(end),
  });
  onLink(peer.link);
  peer.open();
  const answers: unknown[][] = [];
  const acknowledge: Acknowledge = (...answer) => answers.push(answer);
  const say = (saying: Saying) => peer.say(saying, acknowledge);
  return { bus, hub, peer, emitted, ended, waiting, answers, say };
}

const add = (data: unknown): Saying => ({ type: "event", name: "note.added", data });
const count = (data: unknown): Saying => ({ type: "request", name: "note.count", data });
const on: Saying = { type: "on", name: "note.added", key: undefined };

it("answers each with its own outcome", async () => {
  const { peer } = start();
  const answers = new Map<string, unknown>();
  const said: Readonly<Record<string, Saying>> = {
    a: add("a"),
    five: add(5),
    nothing: { type: "refused", name: "x", code: "Unsupported", why: "is nothing" },
    b: add("b"),
  };
  for (const [as, saying] of Object.entries(said)) peer.say(saying, (...answer) => answers.set(as, answer));
  await vi.waitFor(() => expect(answers.size).toBe(4));
  expect(Object.fromEntries(answers)).toMatchObject({
    a: [null, null],
    five: [{ code: "Invalid" }, null],
    nothing: [{ code: "Unsupported", message: '"x" is nothing.' }, null],
    b: [null, null],
  });
});

it("takes the answer for no more than was said before it was asked for", async () => {
  const decided: ((allowed: boolean) => void)[] = [];
  const { say, answers, hub } = start({
    allow: { emit: { "note.added": () => new Promise((resolve) => decided.push(resolve)) } },
  });
  await vi.waitFor(() => expect(hub.peers()).toHaveLength(1));
  say(add("a"));
  say(add("b"));
  decided[0]!(true);
  await vi.waitFor(() => expect(decided).toHaveLength(2));
  await vi.waitFor(() => expect(answers).toEqual([[null, null]]));
  decided[1]!(false);
  await vi.waitFor(() =>
    expect(answers).toMatchObject([
      [null, null],
      [{ code: "Denied" }, null],
    ]),
  );
});

it("asks again how far the hub has come, where too much waited for it to say so", async () => {
  const decided: ((allowed: boolean) => void)[] = [];
  const { say, peer, answers, hub } = start({
    limits: { heldMessages: 2 },
    allow: { emit: { "note.added": () => new Promise((resolve) => decided.push(resolve)) } },
  });
  await vi.waitFor(() => expect(hub.peers()).toHaveLength(1));
  for (const note of ["a", "b"]) peer.say(add(note), undefined);
  say(add("c"));
  for (let round = 1; round <= 3; round++) {
    await vi.waitFor(() => expect(decided).toHaveLength(round));
    decided[round - 1]!(true);
  }
  await vi.waitFor(() => expect(answers).toEqual([[null, null]]));
  expect(hub.counters().refused.Overflow).toBe(1);
});

it("gives each event an id of its own", async () => {
  const { say, bus, answers } = start();
  const ids = new Set<string>();
  bus.on("note.added", (_, { id }) => ids.add(id));
  for (let round = 0; round < 3; round++) say(add("a"));
  await vi.waitFor(() => expect(answers).toHaveLength(3));
  expect(ids.size).toBe(3);
});

it("answers what a frame cannot hold, and the request whose number could not be read", async () => {
  const { say, answers, bus } = start({ limits: { frameBytes: 5_000 } });
  bus.handle("note.count", (value) => value + 1);
  say(add("x".repeat(6_000)));
  say({ type: "request", name: "note.count", data: "x".repeat(6_000) });
  say(count(1));
  await vi.waitFor(() => expect(answers).toHaveLength(3));
  expect(answers).toMatchObject([
    [{ code: "Overflow" }, null],
    [{ code: "Overflow" }, null],
    [null, 2],
  ]);
});

it("answers all that is open when the hub ends it, and nothing when the connection is lost", async () => {
  const { say, answers, bus, hub, peer, ended, emitted } = start();
  bus.handle(
    "note.count",
    (_, { signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(0))),
  );
  say(count(1));
  await vi.waitFor(() => expect(hub.peers()).toHaveLength(1));
  say(on);
  hub.peers()[0]!.disconnect("enough", { code: "Revoked" });
  expect(answers).toMatchObject([
    [null, null],
    [{ code: "Disconnected", message: "enough" }, null],
  ]);
  expect(ended).toEqual([[{ code: "Revoked", message: "enough", retryable: false }, true, true]]);
  say(add("late"));
  expect([answers.length, emitted]).toEqual([2, []]);
  const lost = start();
  lost.say(add("a"));
  lost.peer.link.end({ code: "Lost", message: "gone", retryable: true });
  expect([lost.answers, lost.ended[0]![2]]).toEqual([[], false]);
  expect(peer.link.bufferedBytes).toBe(0);
});

it("counts what it is refused, by the hub's own counters", async () => {
  const { say, answers, hub } = start();
  say({ type: "refused", name: "x", code: "Invalid", why: "it is none" });
  say({ type: "on", name: "nothing.such", key: undefined });
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  expect(hub.counters().refused).toEqual({ Invalid: 1, Unsupported: 1 });
});

it("keeps nothing of a listening that was refused or is over", async () => {
  const { say, answers, bus, emitted } = start({
    allow: { listen: { "*": ({ peer }) => peer.counters().refused.Denied === 1 } },
  });
  say(on);
  say(on);
  say({ type: "off", name: "note.added", key: undefined });
  await vi.waitFor(() => expect(answers).toHaveLength(3));
  expect(answers).toMatchObject([
    [{ code: "Denied" }, null],
    [null, null],
    [null, null],
  ]);
  bus.emit("note.added", "unheard");
  say(add("a"));
  await vi.waitFor(() => expect(answers).toHaveLength(4));
  expect(emitted).toEqual([]);
});

it("gives up a client that is not let in and reads no answers", () => {
  const { say, ended, waiting } = start({ authenticate: () => new Promise(() => undefined) });
  for (let round = 0; round < 1_600 && ended.length === 0; round++) say(add("x"));
  expect(ended).toMatchObject([[{ code: "Slow", retryable: true }, false, true]]);
  expect(waiting.bytes).toBeLessThan(300_000);
});

it("gives up a client that says more than it reads answers to", async () => {
  const { say, ended, hub, waiting } = start();
  await vi.waitFor(() => expect(hub.peers()).toHaveLength(1));
  waiting.bytes = 70_000;
  for (let round = 0; round < 100 && ended.length === 0; round++) {
    for (let said = 0; said < 1_000; said++) say(add("x"));
    await undefined;
  }
  expect(ended).toMatchObject([[{ code: "Slow" }, true, true]]);
});

it("tells the server that it answers nothing", async () => {
  const { hub } = start();
  await vi.waitFor(() => expect(hub.peers()).toHaveLength(1));
  const answer = hub.to(hub.peers()[0]!).request("client.asked", 1);
  await expect(answer).rejects.toMatchObject({ code: "Unsupported" });
});
