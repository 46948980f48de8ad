import { describe, expect, it, vi } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";
import { FakeLink } from "../fixtures/fake-link.js";
import { hello, serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";
import type { WireMessage } from "./messages.js";

const limits = { messageBytes: 100_000 };
const lost = { code: "Lost", message: "", retryable: true };

/** A link of a client that takes messages in parts. */
async function connectTaking(served: ReturnType<typeof serveBuilding>, maxMessageBytes = 1_000_000) {
  const link = served.source.give(new FakeLink());
  const [type, fields] = hello();
  link.arrive([type, { ...fields, maxMessageBytes }]);
  await settle();
  return { link, welcome: link.take()[0]! };
}

/** A message as its parts, of 10,000 letters each. */
function inParts(message: readonly unknown[], subject: readonly unknown[]): readonly (readonly unknown[])[] {
  const text = JSON.stringify(message);
  const parts = text.match(/.{1,10000}/gs)!.map((part) => ["part", part]);
  return [["parts", text.length, ...subject], ...parts];
}

const note = (data: string, id = "id") =>
  inParts(["event", "note.added", data, id], ["event", id, "note.added"]);
const codes = (messages: readonly WireMessage[]) =>
  messages.map((message) => {
    const failure = message.at(-1) as { code?: string };
    return [...message.slice(0, -1), failure?.code ?? failure];
  });

describe("a server", () => {
  it("says what it takes to a client that says so, and to no other", async () => {
    const served = serveBuilding({ limits });
    const { welcome } = await connectTaking(served);
    expect(welcome[1]).toMatchObject({ maxMessageBytes: 100_000 });
    const old = served.source.give(new FakeLink());
    old.arrive(hello());
    await settle();
    expect(old.take()[0]![1]).not.toHaveProperty("maxMessageBytes");
    old.arrive(...note("x"));
    await settle();
    expect(codes(old.take())).toEqual([
      ["refused", null, null, "Invalid"],
      ["refused", null, null, "Invalid"],
    ]);
  });

  it("takes events and requests in parts, each through its gate and schema", async () => {
    const served = serveBuilding({ limits });
    const { link } = await connectTaking(served);
    const heard: string[] = [];
    served.bus.on("room.entered", ({ room }) => heard.push(room));
    served.bus.handle("room.size", (room) => room.length);
    const room = "r".repeat(90_000);
    link.arrive(
      ...inParts(["request", 1, "room.size", 1_000, room], ["request", 1]),
      ...inParts(["event", "vault.opened", room, "1"], ["event", "1", "vault.opened"]),
      ...inParts(["event", "note.added", room, "2"], ["event", "2", "note.added"]),
    );
    await settle();
    expect(codes(link.take())).toEqual([
      ["answer", 1, room.length],
      ["refused", "1", "vault.opened", "Denied"],
      ["refused", "2", "note.added", "Invalid"],
    ]);
    expect(heard).toEqual([]);
  });

  it("refuses what is too large when it is announced, as what it is, and says so once", async () => {
    const served = serveBuilding({ limits });
    const { link } = await connectTaking(served);
    link.arrive(["parts", 100_001, "event", "1", "note.added"], ["part", "x"], ["part", "x"]);
    link.arrive(["parts", 100_001, "request", 7], ["part", "x"]);
    await settle();
    expect(codes(link.take())).toEqual([
      ["refused", "1", "note.added", "Overflow"],
      ["failed", 7, "Overflow"],
    ]);
  });

  it("takes no parts before it has welcomed who sends them", async () => {
    const served = serveBuilding({ authenticate: () => new Promise(() => undefined) });
    const link = served.source.give(new FakeLink());
    const [type, fields] = hello();
    link.arrive([type, { ...fields, maxMessageBytes: 1_000 }], ...note("x"));
    await settle();
    expect(codes(link.take())).toEqual([["refused", null, null, "Invalid"]]);
  });

  it("counts what is announced as a message, and a part of nothing as a refusal", async () => {
    const served = serveBuilding({ limits: { ...limits, messages: 1, refusals: 1 } });
    const { link } = await connectTaking(served);
    for (let count = 0; count < 10; count++)
      link.arrive(["parts", 1_000, "event", `${count}`, "note.added"], ["abort"]);
    await settle();
    expect(link.take()).toEqual([]);
    link.arrive(["parts", 1_000, "event", "10", "note.added"]);
    await settle();
    expect(codes(link.take())).toEqual([["refused", "10", "note.added", "Overflow"]]);
    const other = await connectTaking(served);
    for (let count = 0; count < 11; count++) other.link.arrive(["part", "x"]);
    expect(other.link.closed).toMatchObject({ code: "Flood" });
  });

  it("keeps nothing of a peer that leaves in the middle, and no other peer notices", async () => {
    const served = serveBuilding({ limits });
    const { link } = await connectTaking(served);
    const other = await connectTaking(served);
    link.arrive(...note("x".repeat(50_000)).slice(0, 3));
    expect(served.runtime.timers).toBe(1);
    other.link.arrive(
      ...inParts(["event", "badge.shown", { badge: "b".repeat(50_000) }, "1"], ["event", "1", "badge.shown"]),
    );
    link.close(lost);
    await settle();
    expect(served.runtime.timers).toBe(0);
    expect(other.link.take()).toEqual([]);
  });

  it("refuses to emit what a peer does not take, and tells who emitted it", async () => {
    const served = serveBuilding();
    const { link } = await connectTaking(served, 70_000);
    link.arrive(["listen", 1, "room.opened"]);
    await settle();
    served.bus.emit("room.opened", { room: "r".repeat(80_000), at: new Date(5) });
    await settle();
    expect(served.errors).toMatchObject([{ code: "Overflow", message: expect.stringContaining("70000") }]);
    expect(link.take().map(([type]) => type)).toEqual(["listening"]);
  });

  it("stops sending an answer that nobody waits for", async () => {
    const served = serveBuilding();
    const { link } = await connectTaking(served);
    served.bus.handle("badge.find", () => ({ badge: "b".repeat(500_000) }));
    link.silent = true;
    link.arrive(["request", 1, "badge.find", 1_000, { badge: "a" }]);
    await settle();
    link.arrive(["cancel", 1]);
    await settle();
    const sent = link.take();
    expect(sent[0]).toEqual(["parts", expect.any(Number), "answer", 1]);
    expect(sent.at(-1)).toEqual(["abort"]);
    expect(sent.length).toBeLessThanOrEqual(6);
  });
});

describe("a client", () => {
  const welcomed = { maxMessageBytes: 100_000 };

  it("takes events in parts, and tells listeners and onError of one that it does not take", async () => {
    const { bus, errors, welcome } = startBuildingClient({ limits });
    const heard = vi.fn();
    const onGap = vi.fn();
    bus.on("badge.shown", heard, { onGap });
    const link = await welcome(welcomed);
    const badge = "b".repeat(90_000);
    link.arrive(...inParts(["event", "badge.shown", { badge }, "1", 5], ["event", "1", "badge.shown"]));
    expect(heard).toHaveBeenCalledWith({ badge }, expect.anything());
    link.arrive(["parts", 100_001, "event", "2", "badge.shown"], ["part", "x"]);
    expect(onGap).toHaveBeenCalledWith(expect.objectContaining({ reason: "overflow", missed: 1 }));
    expect(errors).toMatchObject([{ code: "Overflow" }]);
  });

  it("fails a question whose answer is too large, and tells the server that nobody waits", async () => {
    const { bus, welcome } = startBuildingClient({ limits });
    const link = await welcome(welcomed);
    const answer = bus.request("badge.find", { badge: "a" }).result();
    await settle();
    const [asked] = link.take();
    link.arrive(["parts", 100_001, "answer", asked![1]], ["part", "x"]);
    expect(await answer).toMatchObject({ ok: false, error: { code: "Overflow" } });
    await settle();
    expect(link.take()).toEqual([["cancel", asked![1]]]);
  });

  it("stops sending a question that was aborted", async () => {
    const { bus, welcome } = startBuildingClient();
    const link = await welcome({ maxMessageBytes: 1_000_000 });
    link.silent = true;
    const controller = new AbortController();
    const answer = bus.request("room.size", "x".repeat(500_000), { signal: controller.signal }).result();
    await settle();
    controller.abort();
    expect(await answer).toMatchObject({ ok: false, error: { code: "Aborted" } });
    await settle();
    const types = link.take().map(([type]) => type);
    expect(types[0]).toBe("parts");
    expect(types.at(-1)).toBe("abort");
    expect(types).not.toContain("cancel");
  });

  it("refuses to send what the server does not take, and what a server of before takes in no parts", async () => {
    const { bus, errors, welcome } = startBuildingClient();
    const link = await welcome(welcomed);
    const large = { badge: "b".repeat(200_000) };
    bus.emit("badge.shown", large);
    expect(await bus.request("badge.find", large).result()).toMatchObject({ error: { code: "Overflow" } });
    link.close(lost);
    await welcome({ maxFrameBytes: 100_000 });
    bus.emit("badge.shown", large);
    const message = expect.stringMatching(/over the 100000 that the other side takes/);
    expect(errors).toMatchObject([
      { code: "Overflow", message },
      { code: "Overflow", message },
    ]);
  });

  it("refuses limits that are none", () => {
    expect(() => startBuildingClient({ limits: { messageBytes: 1 } })).toThrow(/at least 65536/);
  });
});
