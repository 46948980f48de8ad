import { type EventwireError, OverflowError, type Receipt, UnavailableError } from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { beforeAll, describe, expect, it } from "vitest";
import { KeptOutboxes } from "../fixtures/kept-outboxes.js";
import { Post, type PostClient, type PostOfficeOptions } from "../fixtures/post-office.js";
import { VirtualClock } from "./index.js";

/** What sends from an outbox is loaded when it is first needed, in a time that no clock of a test knows. */
beforeAll(async () => {
  const clock = new VirtualClock();
  await clock.until(new Post(clock).client().bus.emit("letter.posted", "first"));
});

function open(options: PostOfficeOptions = {}) {
  const clock = new VirtualClock();
  const post = new Post(clock, options);
  const outboxes = new KeptOutboxes(clock);
  return { clock, post, outboxes };
}

/** Emits these, and tells what became of each. */
function posts({ bus }: PostClient, ...letters: readonly string[]) {
  const became: (Receipt | EventwireError | undefined)[] = letters.map(() => undefined);
  letters.forEach((letter, index) => {
    bus.emit("letter.posted", letter).then(
      (receipt) => {
        became[index] = receipt;
      },
      (error: EventwireError) => {
        became[index] = error;
      },
    );
  });
  return became;
}

const codes = (became: ReturnType<typeof posts>) =>
  became.map((one) =>
    one === undefined ? "waits" : "code" in one ? one.code : one.duplicate ? "again" : "kept",
  );
const moments = (count: number, step: number) => Array.from({ length: count }, (_, index) => index * step);

describe("an outbox", () => {
  it("has the log take what a client emits, in order, and tells so", async () => {
    const { clock, post } = open();
    const { bus } = post.client();
    const receipts = await clock.until(
      Promise.all(["a", "b", "c"].map((text) => bus.emit("letter.posted", text))),
    );
    const ids = receipts.map(({ id }) => id);
    expect(receipts[0]).toMatchObject({
      duplicate: false,
      durability: "memory",
      id: expect.stringMatching(/^~/),
    });
    expect(await post.letters()).toEqual(["a", "b", "c"]);
    const heard: unknown[] = [];
    post.bus.on("letter.posted", (_, { id, offset }) => heard.push([id, offset]), { since: "start" });
    await clock.until(() => heard.length === 3);
    expect(heard).toEqual(receipts.map(({ id, offset }) => [id, offset]));
    expect(new Set(ids).size).toBe(3);
    expect(post.errors).toEqual([]);
  });

  it("keeps what is emitted without a link, shows it, and sends it when there is one", async () => {
    const { clock, post } = open();
    const client = post.client();
    client.source.client.goOffline();
    await clock.advance(100);
    const seen: string[] = [];
    const stop = client.bus.connection.outbox.watch(({ saving, size }) => seen.push(`${size} (${saving})`));
    const began = clock.now();
    const became = posts(client, "a", "b");
    await clock.advance(60_000);
    expect(codes(became)).toEqual(["waits", "waits"]);
    const { aside, bytes, oldest, saving, size } = client.bus.connection.outbox;
    expect({ aside, bytes, oldest, saving, size }).toEqual({
      aside: 0,
      bytes: 10,
      oldest: began,
      saving: 0,
      size: 2,
    });
    client.source.client.goOnline();
    await clock.advance(1_000);
    expect(codes(became)).toEqual(["kept", "kept"]);
    stop();
    posts(client, "c");
    await clock.advance(100);
    const goes = ["1 (0)", "0 (0)"];
    expect(seen).toEqual(["0 (0)", "1 (1)", "2 (2)", "2 (0)", ...goes]);
    expect(client.bus.connection.outbox.oldest).toBeUndefined();
  });

  it("refuses what the rules deny, and what the schema does, and has the log take all others once", async () => {
    const { clock, post } = open({ judge: (letter) => !letter.startsWith("bad") });
    const client = post.client();
    const became = posts(client, "a", "bad 1", "b", "bad 2", "bad 3", "c");
    const invalid = posts(client, 7 as unknown as string);
    await clock.advance(1_000);
    expect(codes(became)).toEqual(["kept", "Denied", "kept", "Denied", "Denied", "kept"]);
    expect(codes(invalid)).toEqual(["Invalid"]);
    expect(await post.letters()).toEqual(["a", "b", "c"]);
    expect(post.errors).toEqual([]);
  });

  it("keeps the order where rules take their time, and more than may be under way at once", async () => {
    const { clock, post } = open({
      judge: (letter) =>
        letter.endsWith("7")
          ? new Promise((resolve) => void clock.timer(() => resolve(true), 50))
          : !letter.endsWith("3"),
    });
    const letters = Array.from({ length: 700 }, (_, index) => `letter ${index}`);
    const client = post.client();
    const became = posts(client, ...letters);
    await clock.advance(120_000);
    expect(await post.letters()).toEqual(letters.filter((letter) => !letter.endsWith("3")));
    expect(codes(became).filter((code) => code === "kept")).toHaveLength(630);
  });

  it("sends what is larger than a frame, and refuses what is larger than the server takes when its turn comes", async () => {
    const { clock, post } = open({ limits: { messageBytes: 300_000 } });
    const became = posts(post.client(), "a", "l".repeat(200_000), "x".repeat(400_000), "b");
    await clock.advance(1_000);
    expect(codes(became)).toEqual(["kept", "kept", "Overflow", "kept"]);
    expect((await post.letters()).map(({ length }) => length)).toEqual([1, 200_000, 1]);
  });

  it("waits where a user sends too often, and refuses nothing for it", async () => {
    const { clock, post } = open({ rate: { most: 5, per: 1_000 } });
    const letters = Array.from({ length: 20 }, (_, index) => `letter ${index}`);
    const became = posts(post.client(), ...letters);
    await clock.advance(1_000);
    expect(codes(became)).toContain("waits");
    await clock.advance(60_000);
    expect(await post.letters()).toEqual(letters);
    expect(new Set(codes(became))).toEqual(new Set(["kept"]));
    expect(post.errors).toEqual([]);
  });

  it("waits while the log fails, and is in it once when that is over", async () => {
    const { clock, post } = open();
    const append = post.broker.log.append.bind(post.broker.log);
    let fails = 3;
    post.broker.log.append = async (batch) => {
      if (batch[0]!.name === "letter.posted" && fails-- > 0) throw new OverflowError("The disk is full.");
      return append(batch);
    };
    const became = posts(post.client(), "a", "b");
    await clock.advance(60_000);
    expect(codes(became)).toEqual(["kept", "kept"]);
    expect(await post.letters()).toEqual(["a", "b"]);
  });

  it("begins again and again where the log fails as it begins, and says why", async () => {
    const { clock, post } = open();
    const { append } = post.broker.log;
    post.broker.log.append = async () => {
      throw new Error("The disk is gone.");
    };
    const became = posts(post.client(), "a");
    await clock.advance(600_000);
    const causes = post.errors.map(({ cause }) => (cause as Error | undefined)?.message);
    expect(causes).toContain("it has not answered for 30 s.");
    expect(causes).toContain("The log has failed: begin again.");
    post.broker.log.append = append;
    await clock.advance(100_000);
    expect(codes(became)).toEqual(["kept"]);
  });

  it("is told that something is in the log where it is, though the log failed and rules have changed since", async () => {
    let asked = 0;
    const { clock, post } = open({ judge: (letter) => letter !== "once" || asked++ === 0 });
    const append = post.broker.log.append.bind(post.broker.log);
    let fails = true;
    post.broker.log.append = async (batch) => {
      const appended = await append(batch);
      if (batch[0]!.name !== "letter.posted" || !fails) return appended;
      fails = false;
      throw new UnavailableError("It was appended, and nobody was told.");
    };
    const client = post.client();
    const became = posts(client, "once");
    await clock.advance(1);
    const next = posts(client, "next");
    await clock.advance(60_000);
    expect(await post.letters()).toEqual(["once", "next"]);
    expect(codes([...became, ...next])).toEqual(["again", "kept"]);
  });

  it("waits where a rule fails or takes too long, and is refused by none that did not decide", async () => {
    let asked = 0;
    const { clock, post } = open({
      judge: async () => {
        if (asked++ === 0) throw new Error("The database of rights is gone.");
        return asked === 2 ? new Promise(() => undefined) : true;
      },
    });
    const became = posts(post.client(), "a", "b");
    await clock.advance(60_000);
    expect(codes(became)).toEqual(["kept", "kept"]);
    expect(await post.letters()).toEqual(["a", "b"]);
  });

  it("rejects what is more than may wait, and takes it again when there is room", async () => {
    const { clock, post } = open();
    const client = post.client({ outbox: { limit: 2 } });
    client.source.client.goOffline();
    await clock.advance(100);
    const became = posts(client, "a", "b", "c");
    await clock.advance(100);
    expect(codes(became)).toEqual(["waits", "waits", "Overflow"]);
    client.source.client.goOnline();
    await clock.advance(1_000);
    expect(codes(posts(client, "c"))).toEqual(["waits"]);
    await clock.advance(1_000);
    expect(await post.letters()).toEqual(["a", "b", "c"]);
    const heavy = post.client({ outbox: { bytes: 100 } });
    const heavier = posts(heavy, "h".repeat(50), "i".repeat(60));
    await clock.advance(1_000);
    expect(codes(heavier)).toEqual(["kept", "Overflow"]);
    expect(() => post.client({ outbox: { limit: 0 } })).toThrow("at least 1");
  });
});

describe("an outbox over links that are lost", () => {
  it.each(moments(40, 2))("has each in the log once where its link is lost after %i ms", async (time) => {
    const { clock, post } = open();
    const client = post.client();
    client.source.faults = { latency: 10 };
    const became = posts(client, "a", "b");
    await clock.advance(time);
    const more = posts(client, "c");
    client.source.client.cut();
    await clock.advance(5_000);
    expect(await post.letters()).toEqual(["a", "b", "c"]);
    for (const code of codes([...became, ...more])) expect(["kept", "again"]).toContain(code);
    expect(post.errors).toEqual([]);
  });

  it.each(moments(40, 2))(
    "has each in the log once where another server takes over after %i ms",
    async (time) => {
      const { clock, post } = open();
      const client = post.client();
      client.source.faults = { latency: 10 };
      const became = posts(client, "a", "b", "c");
      await clock.advance(time);
      post.replace();
      await clock.advance(5_000);
      expect(await post.letters()).toEqual(["a", "b", "c"]);
      for (const code of codes(became)) expect(["kept", "again"]).toContain(code);
    },
  );

  it.each(moments(60, 2))("has each in the log once where its process is lost after %i ms", async (time) => {
    const { clock, post, outboxes } = open({ judge: (letter) => letter !== "bad" });
    const store = outboxes.process();
    store.slowness = 10;
    const client = post.client({ outbox: { store } });
    client.source.faults = { latency: 10 };
    const became = posts(client, "a", "bad", "b", "c");
    await clock.advance(time);
    const known = codes(became);
    store.crash();
    client.source.crash();
    const kept = outboxes.everKept.size > 0;
    const next = post.client({ outbox: { store: outboxes.process() } });
    await clock.advance(1_000);
    posts(next, "d");
    await clock.advance(5_000);
    expect(await post.letters()).toEqual(kept ? ["a", "b", "c", "d"] : ["d"]);
    if (!kept) expect(known).toEqual(["waits", "waits", "waits", "waits"]);
    expect(outboxes.left.flatMap(({ entries }) => entries)).toEqual([]);
    for (const { code } of post.errors) expect(code).toBe("Denied");
  });

  it("tells of what the log had already, where only the answer was lost", async () => {
    const { clock, post } = open();
    const client = post.client();
    client.source.faults = { latency: 10 };
    const became = posts(client, "a");
    await clock.until(async () => (await post.letters()).length === 1);
    for (let turns = 0; turns < 100 && (await post.letters()).length === 0; turns++) await clock.advance(1);
    client.source.client.cut();
    await clock.advance(1_000);
    expect(became[0]).toMatchObject({ duplicate: true, offset: undefined, durability: "memory" });
  });

  it("lets no decision of an earlier link take the place of what was sent later", async () => {
    let decide: (allows: boolean) => void = () => undefined;
    const { clock, post } = open({
      judge: () =>
        new Promise((resolve) => {
          decide = resolve;
        }),
    });
    const client = post.client();
    const became = posts(client, "x", "y");
    await clock.advance(100);
    post.replace((letter) => letter !== "x");
    await clock.advance(1_000);
    decide(true);
    await clock.advance(1_000);
    expect(codes(became)).toEqual(["Denied", "kept"]);
    expect(await post.letters()).toEqual(["y"]);
  });

  it("takes nothing for its own that a copy of it has sent", async () => {
    const { clock, post, outboxes } = open();
    const store = outboxes.process();
    const client = post.client({ outbox: { store } });
    posts(client, "a");
    await clock.advance(100);
    // Another process that believes to have the outbox alone.
    const twin = post.client({ outbox: { store: outboxes.process().over(store) } });
    posts(twin, "b");
    await clock.advance(100);
    const became = posts(client, "c");
    await clock.advance(60_000);
    // The log has an event by its number, which is another's.
    expect(codes(became)).toEqual(["OutcomeUnknown"]);
    expect(codes(posts(client, "d"))).toEqual(["waits"]);
    await clock.advance(60_000);
    expect(await post.letters()).toEqual(["a", "b", "d"]);
  });
});

describe("two that have a copy of an outbox", () => {
  it("send by numbers that are never each other's, though they begin at once", async () => {
    const { clock, post, outboxes } = open();
    const store = outboxes.process();
    const clients = [store, outboxes.process().over(store)].map((store) =>
      post.client({ outbox: { store } }),
    );
    for (const { source } of clients) source.client.goOffline();
    await clock.advance(500);
    for (const { source } of clients) {
      source.faults = { latency: 10 };
      source.client.goOnline();
    }
    await clock.advance(500);
    const became = clients.map((client, index) => posts(client, `letter ${index}`));
    await clock.advance(60_000);
    const letters = await post.letters();
    became.flatMap(codes).forEach((code, index) => {
      const isThere = letters.includes(`letter ${index}`);
      // Where nobody can know, that is said.
      expect(code).toBe(isThere ? "kept" : "OutcomeUnknown");
    });
  });
});

describe("an outbox and another log", () => {
  /** One letter is in the log, one was sent and never decided, one was never sent. */
  async function restore(outbox: { readonly resend?: boolean }) {
    const opened = open({
      judge: (letter) => letter === "in" || new Promise(() => undefined),
      limits: { decisionTimeout: 1e9 },
    });
    const { clock, post } = opened;
    const client = post.client({ outbox });
    posts(client, "in");
    await clock.advance(100);
    const sent = posts(client, "sent");
    await clock.advance(100);
    client.source.client.goOffline();
    const later = posts(client, "later");
    await clock.advance(100);
    post.broker = memory({ runtime: clock });
    post.replace(() => true);
    await clock.advance(1_000);
    return { ...opened, client, sent, later };
  }

  it("rejects what may be in the one of before, and sends what cannot", async () => {
    const { post, sent, later, client } = await restore({});
    expect(codes([...sent, ...later])).toEqual(["OutcomeUnknown", "kept"]);
    expect(sent[0]).toMatchObject({ about: "letter.posted" });
    expect(await post.letters()).toEqual(["later"]);
    expect(client.bus.connection.outbox.size).toBe(0);
  });

  it("sends that again where it is told to", async () => {
    const { post, sent, later } = await restore({ resend: true });
    expect(codes([...sent, ...later])).toEqual(["kept", "kept"]);
    expect(await post.letters()).toEqual(["sent", "later"]);
  });

  it("begins anew, with nothing unknown, where the log has forgotten it while nothing was under way", async () => {
    const clock = new VirtualClock();
    const broker = memory({ runtime: clock, producerWindow: 10_000 });
    const post = new Post(clock, { broker });
    const client = post.client();
    const became = posts(client, "a", "b");
    await clock.advance(60_000);
    client.source.client.cut();
    await clock.advance(100);
    const more = posts(client, "c");
    await clock.advance(100);
    expect(codes([...became, ...more])).toEqual(["kept", "kept", "kept"]);
    expect(await post.letters()).toEqual(["a", "b", "c"]);
  });

  /** Other outboxes of the same user are begun until the log has forgotten those of before. */
  async function forget({ broker }: Post) {
    const producer = (index: number) => ({ id: `ann/other-${index}`, owner: "ann", epoch: 1, sequence: 9 });
    const event = { name: "letter.posted", key: undefined, shard: 0, time: 0, body: new Uint8Array() };
    for (let index = 0; index < 3; index++)
      await broker.log.append([{ ...event, id: `other-${index}`, producer: producer(index) }]);
  }

  it("takes nothing twice that was on its way at a server when the log has forgotten who sent it", async () => {
    const clock = new VirtualClock();
    const post = new Post(clock, { broker: memory({ runtime: clock, producersPerOwner: 3 }) });
    const client = post.client();
    const became = posts(client, "a");
    await clock.advance(100);
    // The log takes the next one, and its server does not hear of it before it asks once more.
    const { append } = post.broker.log;
    let answer: () => void = () => undefined;
    post.broker.log.append = async (batch) => {
      await append.call(post.broker.log, batch);
      post.broker.log.append = append;
      await new Promise<void>((resolve) => (answer = resolve));
      throw new Error("The answer was lost.");
    };
    const lost = posts(client, "b");
    await clock.advance(100);
    await forget(post);
    answer();
    await clock.advance(60_000);
    const later = posts(client, "c");
    await clock.advance(60_000);
    expect(codes([...became, ...lost, ...later])).toEqual(["kept", "OutcomeUnknown", "kept"]);
    expect(await post.letters()).toEqual(["a", "b", "c"]);
  });

  it("has nothing unknown where the log forgot it while it was silent, in favour of others of its user", async () => {
    const clock = new VirtualClock();
    const post = new Post(clock, { broker: memory({ runtime: clock, producersPerOwner: 3 }) });
    const client = post.client();
    const became = posts(client, "a", "b");
    await clock.advance(60_000);
    await forget(post);
    const later = posts(client, "c", "d");
    await clock.advance(60_000);
    expect(codes([...became, ...later])).toEqual(["kept", "kept", "kept", "kept"]);
    expect(await post.letters()).toEqual(["a", "b", "c", "d"]);
  });

  it("is asked anew over the same link, where the log has forgotten it", async () => {
    const clock = new VirtualClock();
    const post = new Post(clock, { broker: memory({ runtime: clock, producerWindow: 10_000 }) });
    const client = post.client();
    posts(client, "a", "b");
    await clock.advance(60_000);
    const became = posts(client, "c");
    await clock.advance(10_000);
    expect(codes(became)).toEqual(["kept"]);
    expect(await post.letters()).toEqual(["a", "b", "c"]);
  });
});

describe("whose an outbox is", () => {
  it("is sent as nobody else, and waits until its user is back", async () => {
    const { clock, post } = open({ judge: (letter) => letter !== "held" || new Promise(() => undefined) });
    const client = post.client();
    const hers = posts(client, "held");
    await clock.advance(100);
    client.source.become("bob");
    await clock.advance(1_000);
    const { outbox } = client.bus.connection;
    expect([outbox.size, outbox.aside]).toEqual([0, 1]);
    const his = posts(client, "from bob");
    await clock.advance(1_000);
    expect(codes([...hers, ...his])).toEqual(["waits", "kept"]);
    post.replace(() => true);
    client.source.become("ann");
    await clock.advance(1_000);
    expect(codes(hers)).toEqual(["kept"]);
    expect([outbox.size, outbox.aside]).toEqual([0, 0]);
    expect(await post.letters()).toEqual(["from bob", "held"]);
    expect(post.errors).toEqual([]);
  });

  it("takes nothing that is emitted before the server has said whose it is", async () => {
    const { clock, post } = open({ judge: (letter) => letter !== "held" || new Promise(() => undefined) });
    const client = post.client();
    posts(client, "held");
    await clock.advance(100);
    client.source.become("bob");
    client.source.faults = { latency: 20 };
    const { connection } = client.bus;
    await clock.until(() => connection.status.state === "reconnecting");
    await clock.until(() => connection.status.state === "connected");
    const his = posts(client, "from bob");
    await clock.advance(1_000);
    expect(codes(his)).toEqual(["kept"]);
    expect(connection.outbox.aside).toBe(1);
  });

  it("keeps the order of what is emitted before and after that is said", async () => {
    const { clock, post } = open({ judge: (letter) => letter !== "held" || new Promise(() => undefined) });
    const client = post.client();
    posts(client, "held", "second");
    await clock.advance(100);
    post.replace(() => true);
    client.source.faults = { latency: 20 };
    const { connection } = client.bus;
    await clock.until(() => connection.status.state === "reconnecting");
    await clock.until(() => connection.status.state === "connected");
    // Clocks are put back.
    const now = clock.now;
    clock.now = () => now.call(clock) - 60_000;
    posts(client, "third");
    await clock.advance(5);
    client.source.client.cut();
    await clock.advance(25);
    posts(client, "fourth");
    await clock.advance(1_000);
    expect(await post.letters()).toEqual(["held", "second", "third", "fourth"]);
    expect(connection.outbox.size).toBe(0);
  });

  it("has all that one user emits, also before the server has answered over another link", async () => {
    const { clock, post, outboxes } = open({ judge: () => new Promise(() => undefined) });
    const store = outboxes.process();
    const client = post.client({ outbox: { store } });
    posts(client, "first");
    await clock.advance(100);
    client.source.faults = { latency: 20 };
    client.source.client.cut();
    const { connection } = client.bus;
    await clock.until(() => connection.status.state === "reconnecting");
    await clock.until(() => connection.status.state === "connected");
    posts(client, "second");
    await clock.advance(1_000);
    store.crash();
    expect(outboxes.left.map(({ entries }) => entries.length)).toEqual([2]);
  });

  it("is nobody's when it is empty, so that the next user may have it", async () => {
    const { clock, post } = open();
    const client = post.client();
    posts(client, "from ann");
    await clock.advance(100);
    client.source.become("bob");
    await clock.advance(100);
    const became = posts(client, "from bob");
    await clock.advance(1_000);
    expect(codes(became)).toEqual(["kept"]);
    expect(client.bus.connection.outbox.aside).toBe(0);
  });

  it("is that of the user who is back, also after a restart", async () => {
    const { clock, post, outboxes } = open({ judge: () => new Promise(() => undefined) });
    const store = outboxes.process();
    const client = post.client({ outbox: { store } });
    posts(client, "hers");
    await clock.advance(100);
    store.crash();
    client.source.crash();
    post.replace(() => true);
    const next = post.client({ outbox: { store: outboxes.process() } }, "bob");
    posts(next, "his");
    await clock.advance(1_000);
    expect(next.bus.connection.outbox.aside).toBe(1);
    expect(await post.letters()).toEqual(["his"]);
    next.source.become("ann");
    await clock.advance(1_000);
    expect(await post.letters()).toEqual(["his", "hers"]);
    expect(outboxes.left.flatMap(({ entries }) => entries)).toEqual([]);
  });
});

describe("the end of a client", () => {
  it("waits for the log as long as it may", async () => {
    const { clock, post } = open();
    const client = post.client();
    client.source.faults = { latency: 50 };
    const became = posts(client, "a", "b");
    await clock.until(client.bus.close({ drain: 5_000 }));
    expect(codes(became)).toEqual(["kept", "kept"]);
  });

  it("rejects what waits then, which stays where it is kept", async () => {
    const { clock, post, outboxes } = open();
    const client = post.client({ outbox: { store: outboxes.process() } });
    client.source.client.goOffline();
    await clock.advance(100);
    const became = posts(client, "a");
    await clock.until(client.bus.close({ drain: 1_000 }));
    expect(codes(became)).toEqual(["Closed"]);
    expect((became[0] as EventwireError).message).toContain("stays in the outbox");
    expect(outboxes.left).toMatchObject([{ entries: [{ body: '["a"]' }] }]);
    const next = post.client({ outbox: { store: outboxes.process() } });
    await clock.advance(1_000);
    expect(await post.letters()).toEqual(["a"]);
    expect(outboxes.left).toHaveLength(1);
    await clock.until(next.bus.close());
    expect(outboxes.left).toEqual([]);
  });

  it("says of what was in memory whether it may be in the log", async () => {
    const { clock, post } = open({ judge: () => new Promise(() => undefined) });
    const client = post.client();
    const became = posts(client, "sent");
    await clock.advance(100);
    client.source.client.goOffline();
    await clock.advance(100);
    const never = posts(client, "never sent");
    await clock.until(client.bus.close({ drain: 0 }));
    expect((became[0] as EventwireError).message).toContain("may be there");
    expect((never[0] as EventwireError).message).toContain("was not sent");
    expect(codes(posts(client, "late"))).toEqual(["waits"]);
  });

  it("rejects with why the connection is closed for good", async () => {
    const { clock, post } = open();
    const client = post.client({}, "ann");
    client.source.client.goOffline();
    await clock.advance(100);
    const became = posts(client, "a");
    await clock.advance(100);
    const refusing = new Post(clock);
    client.source.moveTo(refusing.network, "nobody");
    await clock.advance(1_000);
    expect(codes(became)).toEqual(["Denied"]);
  });
});

describe("an outbox and what keeps it", () => {
  it("adopts what another has left behind, while it is open", async () => {
    const { clock, post, outboxes } = open();
    const store = outboxes.process();
    const client = post.client({ outbox: { store } });
    client.source.client.goOffline();
    await clock.advance(100);
    posts(client, "left");
    const other = post.client({ outbox: { store: outboxes.process() } });
    const opened: number[] = [];
    other.bus.inspect((inspection) => {
      if (inspection.type === "outbox.opened") opened.push(inspection.entries);
    });
    posts(other, "own");
    await clock.advance(100);
    store.crash();
    client.source.crash();
    await clock.advance(1_000);
    expect(await post.letters()).toEqual(["own", "left"]);
    expect(opened).toEqual([0, 1]);
    expect(outboxes.left).toHaveLength(1);
  });

  it("tells onError and observers what became of what nobody waits for", async () => {
    const { clock, post, outboxes } = open({ judge: (letter) => letter !== "bad" });
    const store = outboxes.process();
    const client = post.client({ outbox: { store } });
    client.source.client.goOffline();
    await clock.advance(100);
    posts(client, "bad", "good");
    await clock.advance(100);
    store.crash();
    client.source.crash();
    const next = post.client({ outbox: { store: outboxes.process() } });
    const seen: string[] = [];
    next.bus.inspect(({ type }) => seen.push(type));
    await clock.advance(1_000);
    expect(post.errors.map(({ code, about }) => [code, about])).toEqual([["Denied", "letter.posted"]]);
    expect(seen.filter((type) => !type.startsWith("link"))).toEqual([
      "outbox.opened",
      "outbox.opened",
      "outbox.failed",
      "reported",
      "log.appended",
    ]);
  });

  it("rejects what is not kept, and goes on", async () => {
    const { clock, post, outboxes } = open();
    const store = outboxes.process();
    const client = post.client({ outbox: { store } });
    await clock.advance(100);
    store.failures = [new OverflowError("No room."), new UnavailableError("Gone.")];
    const full = posts(client, "a");
    await clock.advance(10);
    const gone = posts(client, "b");
    await clock.advance(10);
    const fine = posts(client, "c");
    await clock.advance(1_000);
    expect(codes([...full, ...gone, ...fine])).toEqual(["Overflow", "Unavailable", "kept"]);
    expect(client.bus.connection.outbox.size).toBe(0);
    expect(await post.letters()).toEqual(["c"]);
  });

  it("sends nothing before it is kept that it may have been sent, and reports once that it is not", async () => {
    const { clock, post, outboxes } = open();
    const store = outboxes.process();
    const client = post.client({ outbox: { store } });
    posts(client, "a");
    await clock.advance(100);
    const failure = new UnavailableError("The disk is gone.");
    const became = posts(client, "b");
    await clock.settle();
    store.failures = Array.from({ length: 4 }, () => failure);
    await clock.advance(100);
    await clock.advance(60_000);
    expect(codes(became)).toEqual(["kept"]);
    expect(post.errors.filter((error) => error === failure).length).toBeLessThanOrEqual(1);
    expect(await post.letters()).toEqual(["a", "b"]);
  });

  it("lets the bus end where the store hangs, and hangs itself on nobody", async () => {
    const { clock, post, outboxes } = open();
    const store = outboxes.process();
    store.slowness = 1e9;
    const client = post.client({ outbox: { store } });
    const became = posts(client, "a");
    await clock.advance(100);
    const began = clock.now();
    await clock.until(client.bus.close({ drain: 100 }));
    expect(clock.now() - began).toBeLessThan(2_000);
    expect(codes(became)).toEqual(["Closed"]);
  });

  it("writes once for many that are sent together", async () => {
    const { clock, post, outboxes } = open();
    const store = outboxes.process();
    const client = post.client({ outbox: { store } });
    await clock.advance(100);
    const before = store.writes;
    posts(client, ...Array.from({ length: 200 }, (_, index) => `letter ${index}`));
    await clock.advance(1_000);
    expect(await post.letters()).toHaveLength(200);
    // Put, begun, told how far, may be sent, and what of the answers came while one was written.
    expect(store.writes - before).toBeLessThan(20);
  });
});
