import type { Principal } from "@eventwire/wire";
import { expect, it, vi } from "vitest";
import { eventually, openBut, reaches, startClient, startConnected, startServer } from "./actors.js";

it("cuts a listener off when its right is taken away, and tells it so", async () => {
  const rooms = new Set<unknown>(["a", "b"]);
  const server = await startServer({
    serve: openBut({ allow: { listen: { "word.said": async ({ key }) => rooms.has(key) } } }),
  });
  const client = await startConnected(server.url);
  const seen: string[] = [];
  const onGap = vi.fn();
  const listen = (key: string) => client.bus.on("word.said", ({ text }) => seen.push(text), { key, onGap });
  await Promise.all([listen("a").ready, listen("b").ready]);
  rooms.delete("a");
  expect(await server.hub.reauthorize()).toBe(1);
  for (const room of ["a", "b"]) server.bus.emit("word.said", { room, text: room });
  await eventually(() => expect(seen).toEqual(["b"]));
  expect(onGap).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ key: "a", reason: "denied" }));
  rooms.add("a");
  await listen("a").ready;
  server.bus.emit("word.said", { room: "a", text: "again" });
  await eventually(() => expect(seen.filter((text) => text === "again").length).toBeGreaterThan(0));
});

it("keeps the order of one peer's events and requests, whatever rules take", async () => {
  const slowly = (allow: boolean) => new Promise<boolean>((resolve) => setImmediate(resolve, allow));
  const server = await startServer({
    serve: openBut({
      allow: {
        emit: {
          "note.added": ({ data }) => (data.startsWith("at once") ? true : slowly(!data.startsWith("no"))),
        },
        request: { "*": true },
      },
    }),
  });
  const seen: string[] = [];
  server.bus.on("note.added", (note) => seen.push(note));
  server.bus.handle("value.echo", (value) => {
    seen.push(String(value));
    return value;
  });
  const client = await startConnected(server.url);
  const expected: string[] = [];
  for (let round = 0; round < 20; round++) {
    const notes = [`slowly ${round}`, `no ${round}`, `at once ${round}`];
    for (const note of notes) client.bus.emit("note.added", note);
    expected.push(notes[0]!, notes[2]!);
  }
  await client.bus.request("value.echo", "last");
  expect(seen).toEqual([...expected, "last"]);
  expect(client.errors.map(({ code }) => code)).toEqual(Array.from({ length: 20 }, () => "Denied"));
});

/** Each token holds for so long, in milliseconds. */
const tokens = (lifetime: number) => {
  const given: number[] = [];
  return {
    given,
    serve: openBut({
      authenticate: ({ auth }): Principal => ({ id: "me", expires: (auth as { expires: number }).expires }),
      limits: { expiryGrace: 1_000 },
    }),
    auth: (give: (auth: object) => void) => {
      const expires = Date.now() + lifetime;
      given.push(expires);
      give({ expires });
    },
  };
};

it("refreshes credentials that expire without reconnecting", async () => {
  const { serve, auth, given } = tokens(3_000);
  const server = await startServer({ serve });
  const client = await startConnected(server.url, { auth });
  const seen: number[] = [];
  await client.bus.on("number.counted", (count) => seen.push(count)).ready;
  const [peer] = server.hub.peers();
  // The token that it connected with has ended by then.
  await eventually(() => expect(Date.now()).toBeGreaterThan(given[0]! + 1_500));
  expect(given.length).toBeGreaterThan(1);
  server.bus.emit("number.counted", 7);
  await eventually(() => expect(seen).toEqual([7]));
  expect(server.hub.peers()).toEqual([peer]);
  expect(client.statuses.filter(({ state }) => state === "connected")).toHaveLength(1);
  expect(client.errors).toEqual([]);
}, 15_000);

it("refreshes them at once when asked to, with what the socket's own auth gives", async () => {
  const server = await startServer({
    serve: openBut({
      authenticate: ({ auth }) => ({ id: "me", ...(auth as object) }),
      allow: { listen: { "*": ({ peer }) => (peer.user as { admin?: boolean }).admin === true } },
    }),
  });
  let admin = false;
  const client = await startConnected(server.url, { auth: (give) => give({ admin }) });
  const heard = vi.fn();
  await expect(client.bus.on("number.counted", heard).ready).rejects.toMatchObject({ code: "Denied" });
  admin = true;
  await client.bus.connection.refresh();
  await client.bus.on("number.counted", () => undefined).ready;
  server.bus.emit("number.counted", 1);
  await eventually(() => expect(heard).toHaveBeenCalledWith(1, expect.anything()));
  expect(server.hub.peers()).toHaveLength(1);
});

it("cuts off who has nothing fresh, then disconnects, and lets it come back with what is fresh", async () => {
  const server = await startServer({ serve: tokens(0).serve });
  const client = startClient(server.url, { auth: { expires: Date.now() + 1_500 } });
  await reaches(client, "connected");
  const onGap = vi.fn();
  await client.bus.on("number.counted", () => undefined, { onGap }).ready;
  await eventually(() => expect(onGap).toHaveBeenCalledWith(expect.objectContaining({ reason: "denied" })));
  client.bus.emit("note.added", "too late");
  await eventually(() =>
    expect(client.errors).toContainEqual(expect.objectContaining({ about: "note.added", code: "Denied" })),
  );
  await eventually(() =>
    expect(client.bus.connection.status).toMatchObject({
      state: "reconnecting",
      reason: { code: "Expired" },
    }),
  );
}, 15_000);

it("holds a user to its rate over all connections, and says when to try again", async () => {
  const server = await startServer({ serve: openBut({ rates: { "note.added": { most: 2, per: 60_000 } } }) });
  const heard: string[] = [];
  server.bus.on("note.added", (note) => heard.push(note));
  const [one, other] = [await startConnected(server.url), await startConnected(server.url)];
  one.bus.emit("note.added", "a");
  await eventually(() => expect(heard).toEqual(["a"]));
  for (const note of ["b", "c"]) other.bus.emit("note.added", note);
  await eventually(() =>
    expect(other.errors).toMatchObject([
      { code: "Overflow", message: expect.stringContaining("Try again in") },
    ]),
  );
  expect(heard).toEqual(["a", "b"]);
});
