import { describe, expect, it, vi } from "vitest";
import { FakeLink } from "../fixtures/fake-link.js";
import { hello, serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";
import { Binary } from "./binary.js";
import { BinaryReader } from "./binary-reader.js";
import { decodeFrame } from "./frames.js";
import { eventsOf, type WireMessage } from "./messages.js";

const at = new Date(5);

/** A peer that reads MessagePack, and what it was sent. */
function reading(link: FakeLink) {
  const reader = new BinaryReader();
  let read = 0;
  return () => {
    const frames = link.frames.slice(read);
    read = link.frames.length;
    return frames.flatMap((frame) =>
      decodeFrame(frame, reader).flatMap((message) =>
        (message as WireMessage)[0] === "events" ? [...eventsOf(message as never)] : [message as WireMessage],
      ),
    );
  };
}

async function connectPacking(
  served: ReturnType<typeof serveBuilding>,
  ...keys: readonly (string | undefined)[]
) {
  const link = served.source.give(new FakeLink());
  const [type, fields] = hello();
  link.arrive([type, { ...fields, codecs: ["other", "messagepack"] }]);
  await settle();
  link.arrive(
    ["reads", "messagepack"],
    ...keys.map((key, ref) =>
      key === undefined ? ["listen", ref, "room.opened"] : ["listen", ref, "room.opened", key],
    ),
  );
  await settle();
  const read = reading(link);
  expect(read()[0]).toMatchObject(["welcome", { codec: "messagepack" }]);
  return { link, read };
}

const rooms = (messages: readonly WireMessage[]) =>
  messages.map(([, , data]) => (data as { readonly room: string }).room);

describe("frames", () => {
  it("name nothing to a peer that only answers to another have, however often they come", async () => {
    const served = serveBuilding();
    served.bus.handle("badge.find", (badge) => badge);
    const asker = await connectPacking(served, undefined);
    const other = await connectPacking(served, undefined);
    const find = (ref: number) => ["request", ref, "badge.find", 1_000, { badge: `b${ref}` }];
    for (let round = 0; round < 3; round++) {
      asker.link.arrive(...Array.from({ length: 200 }, (_, index) => find(1_000 * round + index)));
      await settle();
      expect(asker.read()).toHaveLength(200);
      for (let count = 0; count < 200; count++) served.bus.emit("room.opened", { room: "a", at });
      await settle();
      expect(asker.read()).toHaveLength(200);
    }
    const frames = other.link.frames.filter((frame) => typeof frame !== "string");
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) expect(new TextDecoder().decode(frame)).not.toContain("badge");
    expect(rooms(other.read())).toHaveLength(600);
  });

  it("name nothing to a peer that only events which it does not get have", async () => {
    const served = serveBuilding();
    const shown = await connectPacking(served);
    shown.link.arrive(["listen", 1, "badge.shown"]);
    const opened = await connectPacking(served, undefined);
    await settle();
    shown.read();
    for (let round = 0; round < 3; round++) {
      for (let count = 0; count < 50; count++) served.bus.emit("badge.shown", { badge: `b${count}` });
      for (let count = 0; count < 50; count++) served.bus.emit("room.opened", { room: "a", at });
      await settle();
      expect(shown.read()).toHaveLength(50);
      expect(rooms(opened.read())).toHaveLength(50);
    }
    for (const [link, foreign] of [
      [opened.link, "badge"],
      [shown.link, "room"],
    ] as const) {
      expect(link.frames.some((frame) => typeof frame !== "string")).toBe(true);
      for (const frame of link.frames)
        expect(typeof frame === "string" ? frame : new TextDecoder().decode(frame)).not.toContain(foreign);
    }
  });

  it("are made once for all that ask for the same, whatever others ask for", async () => {
    const served = serveBuilding();
    const peers = [];
    for (const keys of [["a"], ["a", "b"], ["a"], [undefined], ["a", "b"], ["a"], [undefined]])
      peers.push(await connectPacking(served, ...keys));
    const made = vi.spyOn(Binary.prototype, "frame");
    for (let count = 0; count < 200; count++) served.bus.emit("room.opened", { room: "abc"[count % 3]!, at });
    await settle();
    expect(made).toHaveBeenCalledTimes(3);
    made.mockRestore();
    const got = peers.map(({ read }) => rooms(read()));
    for (const [index, keys] of [
      ["a"],
      ["a", "b"],
      ["a"],
      ["a", "b", "c"],
      ["a", "b"],
      ["a"],
      ["a", "b", "c"],
    ].entries()) {
      expect(got[index]).toEqual(
        Array.from({ length: 200 }, (_, count) => "abc"[count % 3]!).filter((room) => keys.includes(room)),
      );
    }
    const [one, , other] = peers;
    expect(one!.link.frames.at(-1)).toBe(other!.link.frames.at(-1));
  });

  it("are text while they are small, and bytes when more comes in a turn", async () => {
    const served = serveBuilding();
    const { link, read } = await connectPacking(served, undefined);
    served.bus.emit("room.opened", { room: "a", at });
    await settle();
    expect(link.frames.at(-1)).toBeTypeOf("string");
    for (let count = 0; count < 50; count++) served.bus.emit("room.opened", { room: `${count}`, at });
    await settle();
    expect(link.frames.at(-1)).toBeInstanceOf(Uint8Array);
    expect(rooms(read())).toEqual(["a", ...Array.from({ length: 50 }, (_, count) => `${count}`)]);
  });

  it("tell each peer of shapes before it needs them, whenever it came", async () => {
    const served = serveBuilding();
    const early = await connectPacking(served, undefined);
    const burst = () => {
      for (let count = 0; count < 50; count++) served.bus.emit("room.opened", { room: `${count}`, at });
    };
    burst();
    await settle();
    const late = await connectPacking(served, undefined);
    burst();
    await settle();
    expect(rooms(late.read())).toHaveLength(50);
    expect(rooms(early.read())).toHaveLength(100);
  });

  it("of text tell of no shapes, though other peers got the same event as bytes", async () => {
    const served = serveBuilding();
    const all = await connectPacking(served, undefined);
    const some = await connectPacking(served, "a");
    const burst = (...parts: readonly string[]) => {
      for (const room of parts)
        for (let count = 0; count < 50; count++) served.bus.emit("room.opened", { room, at });
    };
    burst("b");
    served.bus.emit("room.opened", { room: "a", at });
    await settle();
    expect(some.link.frames.at(-1)).toBeTypeOf("string");
    expect(all.link.frames.at(-1)).toBeInstanceOf(Uint8Array);
    burst("a");
    await settle();
    expect(some.link.frames.at(-1)).toBeInstanceOf(Uint8Array);
    expect(rooms(some.read())).toEqual(Array.from({ length: 51 }, () => "a"));
    expect(rooms(all.read())).toHaveLength(101);
  });

  it("of many bytes go to peers that speak JSON as text, beside others that do not", async () => {
    const served = serveBuilding();
    const plain = await served.connect();
    plain.arrive(["listen", 1, "room.opened"]);
    const packing = await connectPacking(served, undefined);
    plain.take();
    for (let count = 0; count < 50; count++) served.bus.emit("room.opened", { room: `${count}`, at });
    await settle();
    expect(rooms(plain.take())).toEqual(rooms(packing.read()));
    expect(plain.frames.at(-1)).toBeTypeOf("string");
  });

  it("are JSON alone where the server speaks nothing else", async () => {
    const served = serveBuilding({ codec: "json" });
    const link = served.source.give(new FakeLink());
    const [type, fields] = hello();
    link.arrive([type, { ...fields, codecs: ["messagepack"] }]);
    await settle();
    expect(link.take()[0]).not.toHaveProperty([1, "codec"]);
    link.arrive(["reads", "messagepack"], ["listen", 1, "room.opened"]);
    for (let count = 0; count < 50; count++) served.bus.emit("room.opened", { room: `${count}`, at });
    await settle();
    expect(link.frames.every((frame) => typeof frame === "string")).toBe(true);
    link.arriveRaw(Uint8Array.of(0x91, 1));
    await settle();
    expect(link.take().at(-1)).toMatchObject(["refused", null, null, { code: "Invalid" }]);
  });
});

describe("a large event", () => {
  it("is encoded and cut once for all that get it, and each of its frames is the same", async () => {
    const served = serveBuilding();
    const links = await Promise.all([1, 2, 3].map(() => served.connect({}, 1_000_000)));
    for (const link of links) link.arrive(["reads", "messagepack"], ["listen", 1, "room.opened"]);
    await settle();
    for (const link of links) link.take();
    const cut = vi.spyOn(Binary.prototype, "cut");
    served.bus.emit("room.opened", { room: "r".repeat(300_000), at });
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(cut).toHaveBeenCalledTimes(1);
    cut.mockRestore();
    const [first, ...others] = links.map(({ frames }) => frames.slice(-5));
    expect(first).toHaveLength(5);
    for (const frames of others)
      for (const [index, frame] of frames.entries()) expect(frame).toBe(first![index]);
  });
});

describe("a run of events", () => {
  it("keeps the ids and times of each", async () => {
    const served = serveBuilding();
    const link = await served.connect();
    link.arrive(["listen", 1, "room.opened", "a"]);
    await settle();
    link.take();
    const emitted: unknown[] = [];
    served.bus.on(
      "room.opened",
      ({ room }, { id, time }) =>
        room === "a" && emitted.push(["event", "room.opened", { room, at }, id, time]),
    );
    for (const room of ["a", "b", "a", "a", "b", "b", "a"]) served.bus.emit("room.opened", { room, at });
    await settle();
    expect(link.take()).toEqual(emitted);
  });
});
