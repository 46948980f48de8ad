import { describe, expect, it } from "vitest";
import { broadcastChannels, eventually, startClient, startServer } from "../fixtures/joined-buses.js";
import { VirtualLocks } from "../fixtures/virtual-locks.js";

describe("a broadcast channel", () => {
  it("joins one server and many clients, each told apart from the others", async () => {
    const [first, ...others] = broadcastChannels(5);
    const { bus, hub } = startServer(first!);
    const clients = others.map((channel) => startClient(channel));
    const seen = clients.map(() => [] as unknown[]);
    await Promise.all(
      clients.map(
        (client, index) =>
          client.bus.on("word.said", ({ room }) => seen[index]!.push(room), { key: `room ${index}` }).ready,
      ),
    );
    for (let room = 0; room < 4; room++) bus.emit("word.said", { room: `room ${room}`, text: "x" });
    await eventually(() => expect(seen).toEqual([["room 0"], ["room 1"], ["room 2"], ["room 3"]]));
    expect(hub.peers().map(({ facts }) => facts.transport)).toEqual(clients.map(() => "broadcast-channel"));
  });

  it("notices a second server, which takes no clients and says so, while those of the first stay", async () => {
    const [one, two, three, four] = broadcastChannels(4);
    const first = startServer(one!);
    const client = startClient(three!);
    await client.bus.request("value.echo", 1);
    const second = startServer(two!);
    await eventually(() => expect(second.errors).toHaveLength(1));
    expect(second.errors[0]!.message).toMatch(
      /^No further peers are taken: Another server serves on the channel "test/,
    );
    expect(first.errors).toEqual([]);
    const late = startClient(four!);
    await late.bus.request("value.echo", 2);
    expect([first.hub.peers().length, second.hub.peers().length]).toEqual([2, 0]);
    expect(client.codes).toEqual(["connecting", "connected"]);
  });

  it("settles on one of two servers that begin at once, and all clients with it", async () => {
    const channels = broadcastChannels(6);
    const servers = channels.slice(0, 2).map((channel) => startServer(channel));
    const clients = channels.slice(2).map((channel) => startClient(channel));
    for (const { bus } of clients) await eventually(() => bus.request("value.echo", 1));
    await eventually(() => expect(servers.flatMap(({ errors }) => errors)).toHaveLength(1));
    const [stays, yields] = servers[0]!.errors.length === 0 ? servers : [servers[1], servers[0]];
    await eventually(() => expect(stays!.hub.peers()).toHaveLength(4));
    expect(yields!.hub.peers()).toEqual([]);
    for (const { errors } of clients) expect(errors).toEqual([]);
  });

  it("is left to the next server when the first has closed", async () => {
    const [one, two, three] = broadcastChannels(3);
    const first = startServer(one!);
    const client = startClient(three!);
    await client.bus.request("value.echo", 1);
    await first.bus.close();
    await eventually(() => expect(client.codes.at(-1)).toMatch(/^reconnecting/));
    const second = startServer(two!);
    expect(await client.bus.request("value.echo", 2)).toBe(2);
    expect(second.errors).toEqual([]);
  });

  it("is not flooded by clients that the server refuses for now, which hear each other being told of it", async () => {
    const [one, two, ...others] = broadcastChannels(5);
    startServer(one!, { maxLinks: 1 });
    const client = startClient(two!);
    await client.bus.request("value.echo", 0);
    const refused: string[][] = [];
    for (const channel of others) {
      const { codes } = startClient(channel, { reconnect: { delay: 1_000_000 } });
      await eventually(() => expect(codes).toContain("connecting: Unavailable"));
      refused.push(codes as string[]);
    }
    for (let round = 1; round <= 20; round++) await client.bus.request("value.echo", round);
    for (const codes of refused) expect(codes).toEqual(["connecting", "connecting: Unavailable"]);
  });

  it("holds against a page of the same origin that floods it with what looks like packets", async () => {
    const [one, two, three, hostile] = broadcastChannels(4);
    const server = startServer(one!);
    const [here, late] = [startClient(two!), startClient(three!)];
    await here.bus.request("value.echo", 0);
    const kinds = ["seek", "serving", "open", "opened", "frame", "took", "close", "closed", "no kind"];
    const later = { since: Date.now() + 1e9, lock: "eventwire:nobody's" };
    for (let count = 0; count < 10_000; count++) {
      const kind = kinds[count % kinds.length];
      hostile!.postMessage(["eventwire", kind, `page ${count}`, kind === "serving" ? later : { count }]);
    }
    expect(await here.bus.request("value.echo", 1)).toBe(1);
    expect(await late.bus.request("value.echo", 2)).toBe(2);
    expect(server.hub.peers()).toHaveLength(2);
    expect([...server.errors, ...here.errors, ...late.errors]).toEqual([]);
  });

  it("that is closed under a bus ends it, without an exception", async () => {
    const [one, two] = broadcastChannels(2);
    const server = startServer(one!);
    const client = startClient(two!);
    await client.bus.request("value.echo", 1);
    two!.close();
    const lost = client.bus.request("value.echo", 2).result();
    expect(await lost).toMatchObject({ ok: false, error: { code: "Disconnected" } });
    expect(client.codes.at(-1)).toBe("closed: ConnectFailed");
    one!.close();
    server.bus.emit("note.added", "x");
    await server.bus.close();
  });
});

describe("where there are locks", () => {
  /** A server and a client, in pages of their own. */
  const startPages = async () => {
    const locks = new VirtualLocks();
    const pages = { server: locks.page(), client: locks.page() };
    const [one, two] = broadcastChannels(2);
    const server = startServer(one!, { locks: pages.server });
    const client = startClient(two!, { locks: pages.client });
    await client.bus.request("value.echo", 1);
    return { locks, pages, server, client };
  };

  it("nobody needs to ask for signs of life, for a page that works hard is there all the same", async () => {
    const { server, client } = await startPages();
    expect(client.links[0]!.facts.halfOpen).toBe(false);
    expect(server.hub.peers()[0]!.facts.halfOpen).toBe(false);
  });

  it("the server notices that a client's page is gone, however it went", async () => {
    const { pages, server } = await startPages();
    pages.client.die();
    await eventually(() => expect(server.hub.peers()).toEqual([]));
  });

  it("a client notices that the server's page is gone", async () => {
    const { pages, client } = await startPages();
    pages.server.die();
    await eventually(() => expect(client.codes).toContain("reconnecting: Lost"));
  });

  it("a client notices that the server's channel was closed, although its page lives on", async () => {
    const [one, two] = broadcastChannels(2);
    const locks = new VirtualLocks();
    const server = startServer(one!, { locks: locks.page() });
    const client = startClient(two!, { locks: locks.page() });
    await client.bus.on("note.added", () => undefined).ready;
    one!.close();
    server.bus.emit("note.added", "x");
    await eventually(() => expect(client.codes).toContain("reconnecting: Lost"));
  });

  it("each is let go of when its end has closed and all has been taken, and not before", async () => {
    const { locks, server, client } = await startPages();
    expect(locks.held).toHaveLength(2);
    const seen: string[] = [];
    server.bus.on("note.added", (note) => seen.push(note));
    const notes = Array.from({ length: 100 }, (_, index) => `${index} ${"x".repeat(1_000)}`);
    for (const note of notes) client.bus.emit("note.added", note);
    await client.bus.close();
    expect(locks.held).toHaveLength(2);
    await eventually(() => expect(seen).toEqual(notes));
    await eventually(() => expect(locks.held).toHaveLength(1));
    await server.bus.close();
    await eventually(() => expect(locks.held).toEqual([]));
  });

  it("but the other end has none, the buses ask each other", async () => {
    const [one, two] = broadcastChannels(2);
    startServer(one!);
    const client = startClient(two!, { locks: new VirtualLocks().page() });
    await client.bus.request("value.echo", 1);
    expect(client.links[0]!.facts.halfOpen).toBe(true);
  });

  it("and they are refused, it goes on without", async () => {
    const refusing = { request: () => Promise.reject(new DOMException("no", "SecurityError")) };
    const [one, two] = broadcastChannels(2);
    startServer(one!, { locks: refusing });
    const client = startClient(two!, { locks: refusing });
    expect(await client.bus.request("value.echo", 1)).toBe(1);
    expect(client.links[0]!.facts.halfOpen).toBe(true);
  });

  it("who closes before it has its lock lets go of it", async () => {
    const locks = new VirtualLocks();
    const [one] = broadcastChannels(1);
    await startClient(one!, { locks: locks.page() }).bus.close();
    await eventually(() => expect(locks.held).toEqual([]));
  });
});
