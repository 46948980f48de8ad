import type { EventwireError } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import { building } from "../fixtures/building.js";
import { type FakeLink, FakeSource } from "../fixtures/fake-link.js";
import { settle } from "../fixtures/settle.js";
import { type ClientOptions, clientOver, type Sessions } from "./client.js";
import { ClientSession } from "./client-session.js";
import { connectClient } from "./connect-client.js";

/** A client for which what speaks over a link comes when the test says so. */
function startLoadingClient(options: ClientOptions = {}) {
  const loads: { resolve(session: typeof ClientSession): void; reject(error: Error): void }[] = [];
  const errors: EventwireError[] = [];
  const source = new FakeSource();
  const sessions = (): Sessions =>
    new Promise((resolve, reject) => {
      loads.push({ resolve, reject });
    });
  const bus = clientOver(building, source, { onError: (error) => errors.push(error), ...options }, sessions);
  return { bus, errors, loads, source };
}

const lost = { code: "Lost", message: "It was lost.", retryable: true };

async function helloOf(link: FakeLink) {
  const hello = await vi.waitFor(() => {
    const [message] = link.take();
    if (message?.[0] !== "hello") throw new Error("It did not say hello yet.");
    return message;
  });
  return hello[1].link;
}

describe("a client that loads what speaks over a link", () => {
  it("sends what was listened to and emitted before, in its order", async () => {
    const source = new FakeSource();
    const bus = connectClient(building, source);
    const link = source.give();
    bus.on("note.added", () => undefined);
    bus.emit("note.added", "a");
    bus.emit("note.added", "b");
    link.arrive([
      "welcome",
      { protocol: 1, link: await helloOf(link), contract: "0", peer: "p", maxFrameBytes: 1_000_000 },
    ]);
    await settle();
    expect(link.take()).toMatchObject([
      ["listen", expect.any(Number), "note.added"],
      ["event", "note.added", "a", expect.any(String)],
      ["event", "note.added", "b", expect.any(String)],
    ]);
    expect(bus.connection.status.state).toBe("connected");
    await bus.close();
  });

  it("that is closed meanwhile says nothing, and closes the link", async () => {
    const { bus, loads, source } = startLoadingClient();
    const link = source.give();
    await bus.close();
    expect(source.stopped).toBe(true);
    loads[0]!.resolve(ClientSession);
    await settle();
    expect(link.closed).toMatchObject({ code: "Closed" });
    expect(link.frames).toEqual([]);
  });

  it("goes on with the next link where one was lost meanwhile, for which it asks nobody who it is", async () => {
    const auth = vi.fn(() => "me");
    const { bus, loads, source } = startLoadingClient({ auth });
    const [first, second] = [source.give(), source.give()];
    first.close(lost);
    for (const { resolve } of loads) resolve(ClientSession);
    await helloOf(second);
    expect(second.closed).toBeUndefined();
    expect(first.frames).toEqual([]);
    expect(auth).toHaveBeenCalledOnce();
    await bus.close();
  });

  it("says so in its status where that takes long", async () => {
    const clock = new VirtualClock();
    const { bus, loads, source } = startLoadingClient({ runtime: clock });
    const link = source.give();
    await clock.advance(4_999);
    expect(bus.connection.status.reason).toBeUndefined();
    await clock.advance(1);
    expect(bus.connection.status).toMatchObject({
      state: "connecting",
      reason: { code: "Unavailable", message: "What speaks over a connection is still being loaded." },
    });
    loads[0]!.resolve(ClientSession);
    await helloOf(link);
    await bus.close();
  });

  it("tells why that failed, and tries it again with the next link", async () => {
    const { bus, errors, loads, source } = startLoadingClient();
    const link = source.give();
    loads[0]!.reject(new Error("There is no network."));
    await settle();
    expect(link.closed).toMatchObject({ code: "Unavailable", retryable: true });
    expect(bus.connection.status).toMatchObject({
      state: "connecting",
      reason: { code: "Unavailable" },
    });
    expect(errors).toMatchObject([{ message: "There is no network." }]);
    const next = source.give();
    loads[1]!.resolve(ClientSession);
    await helloOf(next);
    await bus.close();
  });
});
