import { createBus, defineContract, request, unchecked } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { building } from "../fixtures/building.js";
import { startBuildingClient } from "../fixtures/connected-building.js";
import { FakeLink, FakeSource } from "../fixtures/fake-link.js";
import { settle } from "../fixtures/settle.js";
import type { ClientOptions } from "./client.js";
import { createClient } from "./create-client.js";
import { fingerprint } from "./fingerprint.js";
import type { Hello } from "./messages.js";

const at = new Date(5);
const lost = { code: "Lost", message: "It was lost.", retryable: true };

describe("a link", () => {
  it("begins with a hello of a random nonce", async () => {
    const { source } = startBuildingClient();
    const link = source.give();
    await settle();
    expect(link.take()).toEqual([
      [
        "hello",
        {
          protocol: 1,
          codecs: ["messagepack"],
          link: expect.stringMatching(/^[a-z0-9]+$/),
          contract: fingerprint(building),
          maxMessageBytes: 8_000_000,
        },
      ],
    ]);
  });

  it("is not used before its own welcome: what was meant for an earlier one is ignored", async () => {
    const { bus, source, errors } = startBuildingClient();
    const heard = vi.fn();
    bus.on("note.added", heard);
    const link = source.give();
    link.arrive(
      ["event", "note.added", "hi", "id"],
      ["welcome", { protocol: 1, link: "stale", contract: "0", peer: "p", maxFrameBytes: 9_000 }],
      ["listening", 1],
      ["refused", null, null, { code: "Denied", message: "No." }],
    );
    await settle();
    expect(bus.connection.status.state).toBe("connecting");
    expect(heard).not.toHaveBeenCalled();
    expect(errors).toEqual([]);
  });

  it("is given up when no welcome comes, and tried again", async () => {
    const { bus, source, runtime } = startBuildingClient();
    const link = source.give();
    await runtime.advance(10_000);
    expect(link.closed).toMatchObject({ code: "NoWelcome", retryable: true });
    expect(bus.connection.status).toMatchObject({ state: "connecting", reason: { code: "NoWelcome" } });
    expect(runtime.timers).toBe(0);
  });

  it("leaves no timer when it was welcomed", async () => {
    const { welcome, runtime } = startBuildingClient();
    await welcome();
    expect(runtime.timers).toBe(0);
  });

  it("takes no more than the server said in its welcome", async () => {
    const { bus, welcome, errors } = startBuildingClient();
    const link = await welcome({ maxFrameBytes: 120 });
    bus.emit("note.added", "x".repeat(200));
    bus.emit("note.added", "hi");
    await settle();
    expect(link.take()).toEqual([["event", "note.added", "hi", expect.any(String)]]);
    expect(errors).toMatchObject([{ code: "Overflow" }]);
    await expect(bus.request("room.size", "x".repeat(200))).rejects.toMatchObject({ code: "Overflow" });
  });

  it("that takes too little for what waits is connected all the same, and tells what it could not send", async () => {
    const { bus, welcome, errors } = startBuildingClient();
    bus.emit("note.added", "x".repeat(300));
    bus.emit("note.added", "hi");
    const answer = bus.request("room.size", "a");
    const link = await welcome({ maxFrameBytes: 120 });
    expect(bus.connection.status.state).toBe("connected");
    expect(errors).toMatchObject([{ code: "Overflow" }]);
    const sent = link.take();
    expect(sent.map(([type]) => type)).toEqual(["event", "request"]);
    link.arrive(["answer", sent[1]![1], 4]);
    expect(await answer).toBe(4);
  });
});

describe("what waited for a connection", () => {
  it("and is more than may wait at once is refused and told of, and the rest is sent", async () => {
    const { bus, errors, welcome } = startBuildingClient();
    for (let index = 0; index < 200; index++) bus.emit("badge.shown", { badge: "x".repeat(100_000) });
    const link = await welcome();
    const sent = link.take().length;
    expect(sent).toBeGreaterThan(50);
    expect(errors).toHaveLength(200 - sent);
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["Overflow"]));
    expect(bus.connection.status.state).toBe("connected");
  });
});

describe("listening", () => {
  it("is asked for on each new link, and ended on the server with the last listener", async () => {
    const { bus, welcome } = startBuildingClient();
    const stop = bus.on("room.opened", () => undefined, { key: "a" });
    const first = await welcome();
    const [listen] = first.take();
    expect(listen).toEqual(["listen", expect.any(Number), "room.opened", "a"]);
    first.close(lost);
    const second = await welcome();
    expect(second.take()).toEqual([listen]);
    stop();
    await settle();
    expect(second.take()).toEqual([["unlisten", listen![1]]]);
  });

  it("is ready when the server says so, and rejects when it refuses", async () => {
    const { bus, welcome } = startBuildingClient();
    const link = await welcome();
    const [yes, no] = [bus.on("note.added", () => undefined), bus.on("vault.opened", () => undefined)];
    await settle();
    const [one, other] = link.take();
    link.arrive(["listening", one![1]], ["failed", other![1], { code: "Denied", message: "No." }]);
    await yes.ready;
    await expect(no.ready).rejects.toMatchObject({ code: "Denied", about: "vault.opened" });
  });

  it("that fails does not fail the request that was asked at the same time", async () => {
    const { bus, welcome } = startBuildingClient();
    const link = await welcome();
    const answer = bus.request("room.size", "a");
    const no = bus.on("vault.opened", () => undefined);
    await settle();
    const [asked, listen] = link.take();
    expect(asked![1]).not.toBe(listen![1]);
    link.arrive(["failed", listen![1], { code: "Denied", message: "No." }], ["answer", asked![1], 3]);
    await expect(no.ready).rejects.toMatchObject({ code: "Denied" });
    expect(await answer).toBe(3);
  });

  it("that a later link refuses is reported, since nobody awaits it any more", async () => {
    const { bus, welcome, errors } = startBuildingClient();
    const wish = bus.on("note.added", () => undefined);
    const first = await welcome();
    const ref = first.take()[0]![1];
    first.arrive(["listening", ref]);
    await wish.ready;
    first.close(lost);
    const second = await welcome();
    second.arrive(["failed", ref, { code: "Denied", message: "No more." }]);
    expect(errors).toMatchObject([{ code: "Denied", about: "note.added" }]);
  });

  it("to a key over its size, or to what has no schema, is refused here", async () => {
    const { bus } = startBuildingClient();
    const long = bus.on("room.opened", () => undefined, { key: "é".repeat(129) });
    await expect(long.ready).rejects.toMatchObject({ code: "Invalid" });
    await expect(bus.on("log.written", () => undefined).ready).rejects.toMatchObject({ code: "Unsupported" });
  });
});

describe("an event from the server", () => {
  it("is delivered as its schema made it", async () => {
    const { bus, welcome } = startBuildingClient();
    const heard = vi.fn();
    bus.on("room.opened", heard);
    const link = await welcome();
    link.arrive(["event", "room.opened", { room: "a", at }, "id7", 77]);
    expect(heard).toHaveBeenCalledExactlyOnceWith(
      { room: "a", at },
      expect.objectContaining({ id: "id7", time: 77, key: "a", peer: { id: "server", user: undefined } }),
    );
  });

  it("leaves behind what its schema does not know, and so does an answer", async () => {
    const { bus, welcome } = startBuildingClient();
    const heard = vi.fn();
    bus.on("badge.shown", heard);
    const link = await welcome();
    link.take();
    const found = bus.request("badge.find", { badge: "a" });
    await settle();
    const badge = { badge: "a", more: 1 };
    link.arrive(["event", "badge.shown", badge, "id"], ["answer", link.take()[0]![1], badge]);
    expect(heard.mock.calls[0]![0]).toStrictEqual({ badge: "a" });
    expect(await found).toStrictEqual({ badge: "a" });
  });

  it("that its schema refuses reaches no listener, and is counted and reported", async () => {
    const { bus, welcome, errors } = startBuildingClient();
    const heard = vi.fn();
    bus.on("*", heard);
    const link = await welcome();
    link.arrive(["event", "note.added", 5, "id"]);
    expect(heard).not.toHaveBeenCalled();
    expect(errors.filter(({ code }) => code === "Invalid")).toHaveLength(1);
    expect(bus.connection.counters().refused).toEqual({ Invalid: 1 });
  });

  it.each([
    "nothing.such",
    "room.size",
    "order.placed",
    "door.pushed",
    "log.written",
    "__proto__",
    "constructor",
  ])("named %s is passed over and counted", async (name) => {
    const { bus, welcome } = startBuildingClient();
    const heard = vi.fn();
    bus.on("log.written", heard).ready.catch(() => undefined);
    bus.on("order.placed", heard).ready.catch(() => undefined);
    const link = await welcome();
    link.arrive(["event", name, "x", "id"]);
    expect(heard).not.toHaveBeenCalled();
    expect(bus.connection.counters()).toMatchObject({ eventsIn: 0, refused: { Unsupported: 1 } });
  });

  it("disturbs nothing when it is a client's message", async () => {
    const { bus, welcome } = startBuildingClient();
    const link = await welcome();
    link.arrive(
      ["listen", 1, "note.added"],
      ["hello", { protocol: 1, link: "a", contract: "0" }],
      ["unlisten", 1],
    );
    expect(bus.connection.status.state).toBe("connected");
    expect(bus.connection.counters().refused).toEqual({ Invalid: 3 });
  });
});

describe("emitting", () => {
  it("keeps live events until there is a connection, and volatile ones not", async () => {
    const { bus, welcome } = startBuildingClient();
    bus.emit("note.added", "1");
    bus.emit("door.pushed", 1);
    bus.emit("note.added", "2");
    const link = await welcome();
    expect(link.take().map(([, , data]) => data)).toEqual(["1", "2"]);
    bus.emit("door.pushed", 2);
    await settle();
    expect(link.take()).toEqual([["event", "door.pushed", 2, expect.any(String)]]);
    expect(bus.connection.counters().eventsOut).toBe(3);
  });

  it("reports what the server refuses", async () => {
    const { bus, welcome, errors } = startBuildingClient();
    const link = await welcome();
    bus.emit("note.added", "hi");
    link.arrive(["refused", "id", "note.added", { code: "Denied", message: "No." }]);
    expect(errors).toMatchObject([{ code: "Denied", about: "note.added" }]);
  });
});

describe("a request", () => {
  async function ask(input = "a", options?: { readonly signal?: AbortSignal; readonly timeout?: number }) {
    const client = startBuildingClient();
    const link = await client.welcome();
    const result = client.bus.request("room.size", input, options).result();
    await settle();
    const ref = link.take()[0]![1] as number;
    return { ...client, link, result, ref };
  }

  it("is answered, once", async () => {
    const { link, result, ref, errors } = await ask();
    link.arrive(
      ["answer", ref, 3],
      ["answer", ref, 4],
      ["failed", ref, { code: "Denied", message: "No." }],
      ["answer", 99, 1],
    );
    expect(await result).toEqual({ ok: true, value: 3 });
    expect(errors).toEqual([]);
  });

  it.each([
    [["answer", "many"], "Invalid"],
    [["failed", { code: "NoRoom", message: "", detail: { nearest: "b" } }], "NoRoom"],
    [["failed", { code: "NoRoom", message: "", detail: { nearest: 5 } }], "Invalid"],
    [["failed", { code: "NoRoom", message: "" }], "Invalid"],
    [["failed", { code: "Denied", message: "No." }], "Denied"],
    [["failed", { code: "toString", message: "No." }], "Internal"],
    [["failed", { code: "__proto__", message: "No." }], "Internal"],
  ])("that is answered with %j fails as %s", async ([type, content], code) => {
    const { link, result, ref } = await ask();
    link.arrive([type, ref, content]);
    expect(await result).toMatchObject({ ok: false, error: { code } });
  });

  it("is cancelled on the server when its caller aborts, or its time is over", async () => {
    const controller = new AbortController();
    const aborted = await ask("a", { signal: controller.signal });
    controller.abort();
    expect(await aborted.result).toMatchObject({ error: { code: "Aborted" } });
    await settle();
    expect(aborted.link.take()).toEqual([["cancel", aborted.ref]]);
    const late = await ask("a", { timeout: 50 });
    await late.runtime.advance(50);
    expect(await late.result).toMatchObject({ error: { code: "Timeout" } });
    await settle();
    expect(late.link.take()).toEqual([["cancel", late.ref]]);
  });

  it("whose link is lost fails as disconnected and is not asked again", async () => {
    const { link, result, welcome } = await ask();
    link.close(lost);
    expect(await result).toMatchObject({
      error: { code: "Disconnected", message: expect.stringContaining("It was lost") },
    });
    expect((await welcome()).take()).toEqual([]);
  });

  it("before there is a connection waits for it, unless it is aborted first", async () => {
    const { bus, welcome } = startBuildingClient();
    const controller = new AbortController();
    const aborted = bus.request("room.size", "a", { signal: controller.signal }).result();
    const waiting = bus.request("room.size", "b");
    controller.abort();
    expect(await aborted).toMatchObject({ error: { code: "Aborted" } });
    const link = await welcome();
    const sent = link.take();
    expect(sent).toMatchObject([["request", expect.any(Number), "room.size", 10_000, "b"]]);
    link.arrive(["answer", sent[0]![1], 1]);
    expect(await waiting).toBe(1);
  });

  it("with anything that has no schema is refused here", async () => {
    const errors = { Own: unchecked<number>() };
    const contract = defineContract({ a: request({ input: z.string(), output: z.string(), errors }) });
    const bus = createClient(contract, new FakeSource(), { onError: () => undefined });
    await expect(bus.request("a", "x")).rejects.toMatchObject({ code: "Unsupported" });
    await createBus(contract).close();
  });
});

describe("the end of a link", () => {
  it("that the server says goodbye on has its reason", async () => {
    const { bus, welcome } = startBuildingClient();
    const link = await welcome();
    link.arrive(["goodbye", { code: "Closed", message: "The server closes.", retryable: true }]);
    expect(link.closed).toMatchObject({ code: "Closed" });
    expect(bus.connection.status).toMatchObject({
      state: "reconnecting",
      reason: { message: "The server closes." },
    });
  });

  it("that is not to be tried again closes the client for good", async () => {
    const { bus, source, errors } = startBuildingClient();
    const wish = bus.on("note.added", () => undefined);
    const answer = bus.request("room.size", "a").result();
    bus.emit("note.added", "hi");
    const link = source.give();
    await settle();
    const [hello] = link.take();
    const nonce = (hello as Hello)[1].link;
    link.arrive(["goodbye", { code: "Denied", message: "Not you.", retryable: false }, nonce]);
    await expect(wish.ready).rejects.toMatchObject({ code: "Denied", message: "Not you." });
    expect(await answer).toMatchObject({ error: { code: "Denied" } });
    expect(errors).toMatchObject([{ code: "Disconnected", about: "note.added" }]);
    expect(bus.connection.status.state).toBe("closed");
    expect(source.stopped).toBe(true);
    expect(source.give().closed).toMatchObject({ code: "Closed" });
    await expect(bus.on("light.moved", () => undefined).ready).rejects.toMatchObject({ code: "Denied" });
  });

  it.each([undefined, "the nonce of another link"])(
    "by a goodbye that may be of an earlier one, before the welcome, is followed by another link: %s",
    async (nonce) => {
      const { bus, source, welcome } = startBuildingClient();
      const link = source.give();
      await settle();
      const goodbye = ["goodbye", { code: "Denied", message: "Not you.", retryable: false }];
      link.arrive(nonce === undefined ? goodbye : [...goodbye, nonce]);
      expect(link.closed).toMatchObject({ code: "Denied", retryable: true });
      expect(bus.connection.status).toMatchObject({ state: "connecting", reason: { message: "Not you." } });
      await welcome();
      expect(bus.connection.status.state).toBe("connected");
    },
  );

  it("of an earlier link changes nothing on the one in use", async () => {
    const { bus, source, welcome } = startBuildingClient();
    const stale = source.give();
    await welcome();
    stale.close(lost);
    expect(bus.connection.status.state).toBe("connected");
  });

  it("comes at once when the source cannot connect and never will", () => {
    const stop = vi.fn();
    const source = {
      listen: (_: unknown, onFailure?: (reason: typeof lost) => void) => {
        onFailure?.({ ...lost, retryable: false });
        return stop;
      },
    };
    const bus = createClient(building, source, { onError: () => undefined });
    expect(bus.connection.status.state).toBe("closed");
    expect(stop).toHaveBeenCalledOnce();
  });
});

describe("close", () => {
  it("sends what was emitted, says goodbye, and ends the source", async () => {
    const { bus, welcome, source, runtime } = startBuildingClient();
    const link = await welcome();
    bus.emit("note.added", "last");
    await bus.close();
    expect(link.take()).toMatchObject([
      ["event", "note.added", "last", expect.any(String)],
      ["goodbye", { code: "Closed" }],
    ]);
    expect(source.stopped).toBe(true);
    expect(bus.connection.status).toMatchObject({ state: "closed", reason: { code: "Closed" } });
    expect(runtime.timers).toBe(0);
    await bus.close();
    expect(link.take()).toEqual([]);
  });

  it("rejects what waits for an answer", async () => {
    const { bus, welcome } = startBuildingClient();
    await welcome();
    const answer = bus.request("room.size", "a").result();
    const wish = bus.on("note.added", () => undefined);
    wish.ready.catch(() => undefined);
    await bus.close();
    expect(await answer).toMatchObject({ error: { code: "Closed" } });
    await expect(wish.ready).rejects.toMatchObject({ code: "Closed" });
  });
});

it("survives a link that is closed before it was opened for long", async () => {
  const { bus, source, welcome } = startBuildingClient();
  const link = new FakeLink();
  source.give(link);
  link.close(lost);
  expect(bus.connection.status).toMatchObject({ state: "connecting", reason: lost });
  await welcome();
  expect(bus.connection.status.state).toBe("connected");
});

describe("a link that may be half-open", () => {
  it("is lost when the server gives no sign of life, so that another is made", async () => {
    const { bus, runtime, welcome } = startBuildingClient();
    const link = await welcome({}, { halfOpen: true });
    await runtime.advance(15_000);
    expect(link.take()).toEqual([["ping"]]);
    link.arrive(["pong"]);
    await runtime.advance(30_000);
    expect(link.closed).toBeUndefined();
    await runtime.advance(15_000);
    expect(link.closed).toMatchObject({ code: "Lost", retryable: true });
    expect(bus.connection.status).toMatchObject({ state: "reconnecting", reason: { code: "Lost" } });
    expect(runtime.timers).toBe(0);
  });

  it("answers a server that asks for a sign of life", async () => {
    const { welcome } = startBuildingClient();
    const link = await welcome();
    link.arrive(["ping"], ["pong"]);
    await settle();
    expect(link.take()).toEqual([["pong"]]);
  });
});

describe("what says who the client is", () => {
  const startWith = (auth: ClientOptions["auth"]) => {
    const runtime = new VirtualClock();
    const source = new FakeSource();
    const errors: unknown[] = [];
    const bus = createClient(building, source, { runtime, auth, onError: (error) => errors.push(error) });
    const greet = async () => {
      const link = source.give();
      await settle();
      return { link, auth: link.take().map(([, fields]) => (fields as { readonly auth?: unknown }).auth) };
    };
    return { bus, runtime, errors, greet };
  };

  it("goes with the hello", async () => {
    const { greet } = startWith({ token: "t", until: at });
    expect((await greet()).auth).toEqual([{ token: "t", until: at }]);
  });

  it("is asked for anew over each link, and may take its time", async () => {
    let count = 0;
    const { greet } = startWith(async () => `token ${++count}`);
    expect((await greet()).auth).toEqual(["token 1"]);
    expect((await greet()).auth).toEqual(["token 2"]);
  });

  it.each<readonly [string, ClientOptions["auth"], string]>([
    ["fails", () => Promise.reject(new Error("no token")), "Error"],
    ["cannot be encoded", { token: () => 1 }, "InvalidError"],
    ["is over 16 kB", "x".repeat(17_000), "OverflowError"],
  ])("closes the link for another attempt where it %s, and tells", async (_, auth, name) => {
    const { bus, greet, errors } = startWith(auth);
    const { link } = await greet();
    expect(link.closed).toMatchObject({ code: "NoAuth", retryable: true });
    expect(errors).toMatchObject([{ name }]);
    expect(bus.connection.status).toMatchObject({ state: "connecting", reason: { code: "NoAuth" } });
  });

  it("is waited for as long as for a welcome, and no longer", async () => {
    const { greet, runtime } = startWith(() => new Promise(() => undefined));
    const { link } = await greet();
    await runtime.advance(10_000);
    expect(link.closed).toMatchObject({
      code: "NoWelcome",
      message: "auth() took longer than a hello may.",
      retryable: true,
    });
  });

  it("that comes too late is not sent over another link", async () => {
    let give: (auth: string) => void = () => undefined;
    const { greet, runtime } = startWith(() => new Promise((resolve) => (give = resolve)));
    const { link } = await greet();
    await runtime.advance(10_000);
    link.take();
    give("late");
    await settle();
    expect(link.take()).toEqual([]);
  });
});

describe("a link that may have died in a sleep", () => {
  it("is asked at once, and given up when it does not answer soon", async () => {
    const { bus, runtime, welcome } = startBuildingClient();
    const link = await welcome();
    link.doubt();
    link.doubt();
    await settle();
    expect(link.take()).toEqual([["ping"]]);
    await runtime.advance(3_000);
    expect(bus.connection.status).toMatchObject({ state: "reconnecting", reason: { code: "Lost" } });
    expect(runtime.timers).toBe(0);
  });

  it("is kept when anything comes, and is not asked before it was welcomed", async () => {
    const { runtime, source, welcome } = startBuildingClient();
    const early = source.give();
    await settle();
    early.take();
    early.doubt();
    await settle();
    expect(early.take()).toEqual([]);
    early.close(lost);
    const link = await welcome();
    link.doubt();
    await runtime.advance(2_999);
    link.arrive(["pong"]);
    await runtime.advance(10_000);
    expect([link.closed, runtime.timers]).toEqual([undefined, 0]);
  });
});
