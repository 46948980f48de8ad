import { createBus, type EventwireError } from "@eventwire/core";
import * as json from "@eventwire/core/attach";
import { memory } from "@eventwire/core/memory";
import { type Runtime, systemRuntime } from "@eventwire/queue";
import { expect, it, vi } from "vitest";
import { building } from "../fixtures/building.js";
import { FakeLink, FakeSource } from "../fixtures/fake-link.js";
import { hello } from "../fixtures/served-building.js";
import { settle, turn } from "../fixtures/settle.js";
import { createHub } from "./hub.js";
import type { Limits } from "./limits.js";

/** A served bus whose log tells how often it was read. */
function serve(limits: Partial<Limits> = {}, history = true, runtime: Runtime = systemRuntime) {
  const errors: EventwireError[] = [];
  const broker = memory({ events: 100_000, runtime });
  const page = broker.log.read.bind(broker.log);
  const read = vi.spyOn(broker.log, "read");
  const bus = createBus(building, { broker, runtime, onError: (error) => errors.push(error) });
  const source = new FakeSource();
  createHub(bus, source, {
    authenticate: () => ({ id: "me" }),
    allow: { listen: { "*": true }, history: { "*": history } },
    limits,
  });
  const connect = async (maxMessageBytes?: number): Promise<FakeLink> => {
    const link = source.give(new FakeLink());
    const [type, fields] = hello();
    link.arrive([type, { ...fields, maxMessageBytes }]);
    await settle();
    link.take();
    return link;
  };
  const place = async (...orders: readonly string[]) => {
    await Promise.all(orders.map((order) => bus.emit("order.placed", order)));
    await settle();
  };
  /** Has the log have another history, which holds the same. */
  const restore = () => {
    vi.spyOn(broker.log, "epoch").mockResolvedValue("restored");
    // Whatever the clock says, all there is was appended before.
    vi.spyOn(broker.log, "at").mockImplementation(() => broker.log.head());
    read.mockImplementation(async (query) => ({ ...(await page(query)), epoch: "restored" }));
  };
  return { bus, errors, read, connect, place, restore };
}

const follow = (ref: number, since: string, credit = 1_000) => [
  "follow",
  ref,
  ["order.placed"],
  since,
  credit,
];
const many = (count: number) => Array.from({ length: count }, (_, index) => `order ${index}`);
const typesOf = (link: FakeLink) => link.take().map(([type]) => type);

it("encodes an event once, and makes one frame, for all who follow the same by the same number", async () => {
  const { connect, place } = serve();
  const links = await Promise.all([1, 2, 3].map(() => connect()));
  for (const link of links) link.arrive(follow(0, "now"));
  await settle();
  for (const link of links) expect(typesOf(link)).toEqual(["following"]);
  const encode = vi.spyOn(json, "encodeJson");
  await place("a");
  const encoded = encode.mock.calls.filter(([value]) => value === "a");
  encode.mockRestore();
  expect(encoded).toHaveLength(1);
  const frames = links.map(({ frames }) => frames.at(-1));
  for (const frame of frames) expect(frame).toMatch(/^\[\["stored",0,1,"order.placed","a",/);
  // Strings that are equal are not told apart, so that it is one is seen by how often it was made.
  expect(new Set(frames).size).toBe(1);
});

it("reads the log a few times for many who come back to the same place at once", async () => {
  const { connect, place, read } = serve();
  await place(...many(300));
  const links = await Promise.all(Array.from({ length: 200 }, () => connect()));
  read.mockClear();
  for (const link of links) link.arrive(follow(0, "start"));
  await vi.waitFor(() => {
    for (const link of links) expect(link.frames.join()).toContain("order 299");
  });
  // Of 64 events each: the reads of one who came alone, and some for who was not in step.
  expect(read.mock.calls.length).toBeLessThan(40);
  for (const link of links) expect(typesOf(link).filter((type) => type === "stored")).toHaveLength(300);
});

it("has read no more than a page for a link that takes nothing, and sends the rest when it does", async () => {
  const { connect, errors, place } = serve();
  await place(...many(2_000));
  const link = await connect();
  link.full = true;
  link.arrive(follow(0, "start", 10_000));
  await vi.waitFor(() => expect(link.frames.join()).toContain("following"));
  await settle();
  const before = link.frames.join().split('"stored"').length - 1;
  expect(before).toBeLessThanOrEqual(64);
  const rest = () => {
    link.drain();
    expect(link.frames.join()).toContain("order 1999");
  };
  await vi.waitFor(rest);
  expect(typesOf(link).filter((type) => type === "stored")).toHaveLength(2_000);
  expect(errors).toEqual([]);
});

it("leaves nothing behind at the log when peers have left", async () => {
  const { connect, place, read } = serve();
  const links = await Promise.all([1, 2, 3].map(() => connect()));
  for (const link of links) link.arrive(follow(0, "now"), follow(1, "start"));
  await place("a");
  for (const link of links) link.close({ code: "Lost", message: "Lost.", retryable: true });
  await place("b");
  read.mockClear();
  await place("c", "d");
  expect(read).not.toHaveBeenCalled();
  for (const link of links) expect(link.frames.join()).not.toContain('"b"');
});

it("does not begin what was ended before it had found its place", async () => {
  const { connect, place } = serve();
  const link = await connect();
  link.arrive(follow(0, "start"), ["unlisten", 0]);
  await place("a");
  expect(typesOf(link)).toEqual([]);
});

it("goes on behind an event that is larger than the peer takes", async () => {
  const { connect, errors, place } = serve();
  const link = await connect(100_000);
  link.arrive(follow(1, "now"));
  await settle();
  await place("a", "x".repeat(200_000), "b");
  expect(typesOf(link)).toEqual(["following", "stored", "missing", "stored"]);
  expect(errors).toEqual([]);
});

it("begins what is followed by a number behind the parts of what was followed by it before", async () => {
  const { connect, place } = serve();
  await place("a", "x".repeat(600_000));
  const link = await connect(8_000_000);
  link.arrive(follow(1, "start"));
  while (!link.frames.join().includes('["part",')) await turn();
  link.full = true;
  link.arrive(["unlisten", 1], follow(1, "start"));
  await settle();
  await vi.waitFor(() => {
    link.drain();
    expect(link.frames.join().split('["parts"')).toHaveLength(3);
  });
  const types = typesOf(link);
  const between = types.slice(types.lastIndexOf("following") + 1, types.lastIndexOf("parts"));
  expect(between).toEqual(["stored"]);
});

it("sends a backlog that is followed by many numbers at the pace of the link, without giving that up", async () => {
  const { connect, place } = serve();
  await place(...many(40).map((order) => order.padEnd(16_000)));
  const link = await connect();
  link.full = true;
  for (let ref = 0; ref < 30; ref++) link.arrive(follow(ref, "start"));
  await vi.waitFor(
    () => {
      link.drain();
      expect(link.closed).toBeUndefined();
      expect(link.frames.join("").split('"stored"')).toHaveLength(1_201);
    },
    { timeout: 10_000 },
  );
});

it("lets all read from the start where what they may read back has no bound", async () => {
  const { connect, place } = serve({ resume: Number.POSITIVE_INFINITY }, false);
  await place("a");
  const link = await connect();
  link.arrive(follow(1, "start"));
  await settle();
  expect(typesOf(link)).toEqual(["following", "stored"]);
});

it("lets nobody read another history of the log further back than this one", async () => {
  let time = 0;
  // What is emitted is before what is asked behind it, and not in the same millisecond.
  const runtime = { ...systemRuntime, now: () => ++time };
  const { connect, place, restore } = serve({ resume: 0 }, false, runtime);
  const link = await connect();
  link.arrive(follow(1, "now"));
  await settle();
  await place("a");
  restore();
  await place("b");
  await vi.waitFor(() => expect(link.frames.join()).toContain('["following",1,"restored'));
  const messages = link.take();
  expect(messages.map(([type]) => type)).toEqual(["following", "stored", "missing", "missing", "following"]);
  expect(messages.slice(2)).toMatchObject([
    ["missing", 1, "epoch", "restored.0"],
    ["missing", 1, "denied", "restored.2"],
    ["following", 1, "restored.2"],
  ]);
  await place("c");
  expect(typesOf(link)).toEqual(["stored"]);
});

it("leaves unanswered who asks a bus that closes where its log is: a client asks again over its next link", async () => {
  const { bus, connect, errors, place } = serve();
  const link = await connect();
  let finish: () => void = () => undefined;
  const work = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await bus.on("order.placed", () => work, { concurrency: 1 }).ready;
  await place("a");
  const closed = bus.close();
  await settle();
  link.arrive(["position", 300]);
  await settle();
  expect(link.take()).toEqual([]);
  finish();
  await closed;
  expect(typesOf(link)).toEqual(["goodbye"]);
  expect(errors).toEqual([]);
});
