import { expect, it } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";
import type { FakeLink } from "../fixtures/fake-link.js";
import { clientFrameCount, fuzzTimeout, inBatches, isRight, serverFrameCount } from "../fixtures/fuzzing.js";
import { clientBytes, serverBytes } from "../fixtures/hostile-bytes.js";
import { clientFrames, serverFrames } from "../fixtures/hostile-frames.js";
import { toldShapes } from "../fixtures/hostile-packing.js";
import { serveBuilding, tapped } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";
import type { Event, WireMessage } from "./messages.js";

const at = new Date(5);
const packs = ["messagepack"];
const shapes = JSON.stringify(toldShapes.map((shape) => ["shape", ...shape]));

function serveFuzzed() {
  const limits = {
    listeners: 20,
    requests: 10,
    bufferedBytes: 100_000_000,
    messages: Infinity,
    refusals: Infinity,
    outboxStarts: Infinity,
  };
  const served = serveBuilding({
    limits,
    allow: {
      listen: { "*": true, "vault.*": false },
      group: { "*": true },
      emit: { "*": true, "vault.*": false },
      request: { "*": true, "vault.*": false },
      enqueue: { "*": true },
      work: { "*": true },
    },
  });
  const { bus } = served;
  const wrong: unknown[] = [];
  let heard = 0;
  for (const name of [
    "note.added",
    "room.entered",
    "badge.shown",
    "door.pushed",
    "light.moved",
    "vault.opened",
  ] as const) {
    bus.on(name, (data: unknown) => {
      heard += 1;
      if (!isRight(name, data) || name === "vault.opened") wrong.push([name, data]);
    });
  }
  bus.handle("room.size", (input, { signal, error }) => {
    if (typeof input !== "string") wrong.push(input);
    if (input === "wait")
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    if (input === "") throw error("NoRoom", { nearest: "a" });
    return input.length;
  });
  bus.handle("room.watch", async function* (input, { error, signal }) {
    if (typeof input !== "string") wrong.push(input);
    if (input === "") throw error("NoRoom", { nearest: "a" });
    for (let index = 0; index < 100; index++) yield index;
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  bus.handle("vault.code", () => {
    wrong.push("vault.code");
    return "";
  });
  return { ...served, limits, wrong, heard: () => heard };
}

const eventsOf = (messages: readonly WireMessage[]) =>
  messages.filter((message): message is Event => message[0] === "event");

const clients = { text: clientFrames, bytes: clientBytes } as const;

it.each(["text", "bytes"] as const)(
  "a server holds against hostile clients that send %s",
  {
    timeout: fuzzTimeout,
  },
  async (kind) => {
    const { bus, hub, connect: connectOne, source, runtime, errors, limits, wrong, heard } = serveFuzzed();
    // What keeps events is loaded first: whoever wants it meanwhile is kept until it is.
    await bus.position();
    /** One that has been told of the shapes that some frames need. */
    const connect = async () => {
      if (kind === "text") return connectOne({}, 1_000_000);
      const link = await connectOne({}, 1_000_000, packs);
      link.arriveRaw(shapes);
      return link;
    };
    const bystander = await connect();
    bystander.arrive(
      ["listen", 1, "note.added"],
      ["listen", 2, "room.opened", "calm"],
      ["listen", 3, "vault.opened"],
    );
    await settle();
    bystander.take();

    await inBatches(`a server, ${kind}`, clients[kind], serverFrameCount, async (sample, index) => {
      const links: FakeLink[] = [await connect(), await connect(), source.give()];
      for (const [count, frame] of sample.entries()) {
        const place = count % links.length;
        if (links[place]!.closed) links[place] = place === 2 ? source.give() : await connect();
        for (let times = count % 10 === 0 ? 2 : 1; times > 0; times--) links[place]!.arriveRaw(frame);
        if (count % 50 === 0) await settle();
      }
      await settle();
      expect(runtime.timers).toBeLessThanOrEqual(links.length * (limits.requests + 2));

      // A valid frame is handled on a link that was fuzzed, and on a fresh one.
      const fuzzed = links[0]!.closed ? await connect() : links[0]!;
      const fresh = await connect();
      for (const [ref, link] of [fuzzed, fresh].entries()) {
        link.take();
        for (let number = 0; number <= 30; number++) link.arrive(["cancel", number], ["unlisten", number]);
        await settle();
        link.take();
        link.arrive(
          ["event", "note.added", `still ${index}.${ref}`, "fine"],
          ["request", 77, "room.size", 100, "abc"],
        );
        await settle();
        expect(link.take()).toEqual([["answer", 77, 3]]);
      }
      bus.emit("room.opened", { room: "calm", at });

      // The bystander has heard right events only, in their order, and nothing was lost.
      await settle();
      const seen = eventsOf(bystander.take());
      bystander.forget();
      for (const [, name, data] of seen) expect(isRight(name, data), `${name} ${String(data)}`).toBe(true);
      const marks = seen.flatMap(([, name, data]) =>
        String(data).startsWith("still ") || name === "room.opened" ? [data] : [],
      );
      expect(marks).toEqual([`still ${index}.0`, `still ${index}.1`, { room: "calm", at }]);

      // Nothing is kept of those who leave.
      for (const link of [...links, fresh, fuzzed])
        link.close({ code: "Lost", message: "Lost.", retryable: true });
      await settle();
      expect(hub.peers()).toHaveLength(1);
      expect(runtime.timers).toBe(0);
      expect(tapped(bus)).toEqual(["note.added", "room.opened"]);
      expect(bystander.closed).toBeUndefined();
    });

    expect(wrong).toEqual([]);
    expect(errors).toEqual([]);
    expect(runtime.uncaughtErrors).toEqual([]);
    expect(heard()).toBeGreaterThan(serverFrameCount / 200);
    expect(Object.keys(hub.counters().refused).sort()).toEqual(
      [
        ...["Aborted", "Conflict", "Denied", "Fenced", "Invalid", "NoHandler", "NoRoom"],
        ...["Cancelled", "Overflow", "TaskDead", "Timeout", "UnknownTask", "Unsupported"],
      ]
        .filter((code) => hub.counters().refused[code])
        .sort(),
    );
  },
);

const servers = { text: serverFrames, bytes: serverBytes } as const;

it.each(["text", "bytes"] as const)(
  "a client holds against a hostile server that sends %s",
  {
    timeout: fuzzTimeout,
  },
  async (kind) => {
    const codes = new Set<string>();
    const {
      bus,
      welcome: welcomeOne,
      runtime,
    } = startBuildingClient({ onError: ({ code }) => codes.add(code) });
    /** One that reads what is sent, and was told of the shapes that some frames need. */
    const welcome = async () => {
      const fields = { maxMessageBytes: 1_000_000, outboxes: 8 };
      if (kind === "text") return welcomeOne(fields);
      const link = await welcomeOne({ ...fields, codec: "messagepack" });
      while (!link.take().some(([type]) => type === "reads")) await settle();
      link.arriveRaw(shapes);
      return link;
    };
    const wrong: unknown[] = [];
    bus.handle("guard.confirm", ({ badge }) => {
      if (typeof badge !== "string") wrong.push(badge);
      return true;
    });
    bus.handle("guard.watch", async function* (input) {
      if (typeof input !== "string") wrong.push(input);
      for (let index = 0; index < 100; index++) yield { badge: "b" };
    });
    const marks: string[] = [];
    for (const name of [
      "note.added",
      "room.opened",
      "room.entered",
      "badge.shown",
      "light.moved",
      "vault.opened",
      "log.written",
    ] as const) {
      const subscription = bus.on(name, (data: unknown) => {
        if (name === "log.written" || !isRight(name, data)) wrong.push([name, data]);
        if (String(data).startsWith("still ")) marks.push(String(data));
      });
      subscription.ready.catch(() => undefined);
    }
    const member = bus.on(
      "order.placed",
      (order: unknown) => {
        if (typeof order !== "string") wrong.push(order);
        if (order === "") throw new Error("no order");
      },
      { group: "pack", onGap: () => undefined },
    );
    member.ready.catch(() => undefined);
    let link = await welcome();

    await inBatches(`a client, ${kind}`, servers[kind], clientFrameCount, async (sample, index) => {
      const pending = Array.from({ length: 10 }, () => bus.request("room.size", "a").result());
      const watching = Array.from({ length: 10 }, async () => {
        for await (const number of bus.request("room.watch", "a")) {
          if (typeof number !== "number") wrong.push(number);
        }
      });
      const watched = Promise.allSettled(watching);
      const placed = Array.from({ length: 5 }, () => bus.emit("order.placed", "a"));
      for (const receipt of placed) receipt.catch(() => undefined);
      for (const [count, frame] of sample.entries()) {
        if (link.closed) link = await welcome();
        link.arriveRaw(frame);
        if (count % 50 === 0) await settle();
      }
      if (link.closed) link = await welcome();
      await settle();
      link.take();
      const answer = bus.request("room.size", "abc");
      await settle();
      const asked = link.take().find(([type]) => type === "request");
      link.arrive(["event", "note.added", `still ${index}`, "fine", 1], ["answer", asked![1], 3]);
      expect(await answer).toBe(3);
      expect(marks.splice(0)).toContain(`still ${index}`);
      expect(bus.connection.status.state).toBe("connected");
      await runtime.advance(10_000);
      link.close({ code: "Lost", message: "Lost.", retryable: true });
      await watched;
      for (const result of await Promise.all(pending)) {
        if (result.ok) expect(typeof result.value).toBe("number");
      }
      expect(runtime.timers).toBe(0);
    });

    expect(wrong).toEqual([]);
    expect(runtime.uncaughtErrors).toEqual([]);
    for (const code of codes)
      expect([
        "Denied",
        "Gap",
        "Internal",
        "Invalid",
        "ListenerFailed",
        "Overflow",
        "Timeout",
        "Unsupported",
      ]).toContain(code);
  },
);
