import { expect } from "vitest";
import type { Scenario } from "./behaviour-cases.js";
import { livePart } from "./contract.js";

/** Who gets which event, in which order, how often. */
export function testDelivery(scenario: Scenario): void {
  scenario("events reach a client in the order of their emits, across names", async (stage) => {
    const client = stage.client();
    const seen: unknown[] = [];
    client.bus.on("number.counted", (count) => seen.push(count));
    client.bus.on("note.added", (note) => seen.push(note));
    await stage.settle();
    for (let count = 0; count < 10; count++) {
      stage.server.bus.emit("number.counted", count);
      stage.server.bus.emit("note.added", `note ${count}`);
    }
    const expected = Array.from({ length: 10 }, (_, count) => [count, `note ${count}`]).flat();
    await stage.becomes(() => seen, expected);
  });

  scenario("events emitted in turns of their own arrive in order", async (stage) => {
    const client = stage.client();
    const seen: number[] = [];
    client.bus.on("number.counted", (count) => seen.push(count));
    await stage.settle();
    for (let count = 0; count < 50; count++) {
      stage.server.bus.emit("number.counted", count);
      await undefined;
    }
    await stage.becomes(
      () => seen,
      Array.from({ length: 50 }, (_, count) => count),
    );
  });

  scenario("every client that listens gets an event, and one that does not gets none", async (stage) => {
    const seen: string[] = [];
    for (const who of ["first", "second"]) {
      stage.client().bus.on("number.counted", (count) => seen.push(`${who} ${count}`));
    }
    stage.client().bus.on("note.added", () => seen.push("another name"));
    await stage.settle();
    stage.server.bus.emit("number.counted", 1);
    await stage.becomes(() => [...seen].sort(), ["first 1", "second 1"]);
  });

  scenario("a listener of one key gets no other key's events", async (stage) => {
    const client = stage.client();
    const seen: string[] = [];
    client.bus.on("word.said", ({ text }) => seen.push(text), { key: "a" });
    await stage.settle();
    for (const room of ["a", "b", "A", "", "a "]) stage.server.bus.emit("word.said", { room, text: room });
    await stage.becomes(() => seen, ["a"]);
  });

  scenario("a number and the text of it are different keys", async (stage) => {
    const client = stage.client();
    const seen: string[] = [];
    client.bus.on("word.said", ({ text }) => seen.push(`number: ${text}`), { key: 7 });
    client.bus.on("word.said", ({ text }) => seen.push(`text: ${text}`), { key: "7" });
    await stage.settle();
    stage.server.bus.emit("word.said", { room: 7, text: "seven" });
    stage.server.bus.emit("word.said", { room: "7", text: "7" });
    await stage.becomes(() => seen, ["number: seven", "text: 7"]);
  });

  scenario("two clients that listen to different keys get their own", async (stage) => {
    const seen: string[] = [];
    for (const room of ["a", "b"]) {
      stage.client().bus.on("word.said", ({ text }) => seen.push(`${room} ${text}`), { key: room });
    }
    await stage.settle();
    stage.server.bus.emit("word.said", { room: "a", text: "one" });
    stage.server.bus.emit("word.said", { room: "b", text: "two" });
    await stage.becomes(() => [...seen].sort(), ["a one", "b two"]);
  });

  scenario(
    "a listener of all keys and one of a key, on one client, get an event once each",
    async (stage) => {
      const client = stage.client();
      const seen: string[] = [];
      client.bus.on("word.said", ({ text }) => seen.push(`all ${text}`));
      client.bus.on("word.said", ({ text }) => seen.push(`a ${text}`), { key: "a" });
      await stage.settle();
      stage.server.bus.emit("word.said", { room: "a", text: "one" });
      stage.server.bus.emit("word.said", { room: "b", text: "two" });
      await stage.becomes(() => seen, ["all one", "a one", "all two"]);
    },
  );

  scenario("a pattern stands for names of any depth, told apart by name", async (stage) => {
    const client = stage.client();
    const seen: string[] = [];
    client.bus.on("note.*", (message) => {
      if (message.name === "note.added") seen.push(`added ${message.data}`);
      else seen.push(`shared ${message.data}`);
    });
    await stage.settle();
    stage.server.bus.emit("note.added", "one");
    stage.server.bus.emit("number.counted", 1);
    stage.server.bus.emit("note.shared.widely", "two");
    await stage.becomes(() => seen, ["added one", "shared two"]);
  });

  scenario("the pattern of everything stands for all names of a contract's part", async (stage) => {
    const client = stage.client();
    const seen: unknown[] = [];
    client.bus.narrow(livePart).on("*", ({ name, data }) => seen.push([name, data]));
    await stage.settle();
    stage.server.bus.emit("number.counted", 1);
    stage.server.bus.emit("note.shared.widely", "two");
    stage.server.bus.emit("word.said", { room: "a", text: "not of the part" });
    await stage.becomes(
      () => seen,
      [
        ["number.counted", 1],
        ["note.shared.widely", "two"],
      ],
    );
  });

  scenario("volatile events reach a listener that keeps up", async (stage) => {
    const client = stage.client();
    const amounts: number[] = [];
    client.bus.on("price.changed", ({ amount }) => amounts.push(amount), { key: "A" });
    await stage.settle();
    stage.server.bus.emit("price.changed", { symbol: "B", amount: 1 });
    stage.server.bus.emit("price.changed", { symbol: "A", amount: 2 });
    await stage.becomes(() => amounts, [2]);
    stage.server.bus.emit("price.changed", { symbol: "A", amount: 3 });
    await stage.becomes(() => amounts, [2, 3]);
  });

  scenario("what a client emits reaches everybody once, its own listeners at once", async (stage) => {
    const emitter = stage.client();
    const other = stage.client();
    const seen: Record<string, string[]> = { server: [], emitter: [], other: [] };
    stage.server.bus.on("note.added", (note) => seen.server!.push(note));
    emitter.bus.on("note.added", (note) => seen.emitter!.push(note));
    other.bus.on("note.added", (note) => seen.other!.push(note));
    await stage.settle();
    emitter.bus.emit("note.added", "one");
    expect(seen.emitter).toEqual(["one"]);
    await stage.becomes(() => seen, { server: ["one"], emitter: ["one"], other: ["one"] });
    stage.server.bus.emit("note.added", "two");
    expect(seen.server).toEqual(["one", "two"]);
    const both = ["one", "two"];
    await stage.becomes(() => seen, { server: both, emitter: both, other: both });
  });

  scenario("what a client emits reaches the listeners of its key only", async (stage) => {
    const emitter = stage.client();
    const other = stage.client();
    const seen: string[] = [];
    other.bus.on("shout.made", ({ text }) => seen.push(text), { key: "a" });
    await stage.settle();
    emitter.bus.emit("shout.made", { room: "b", text: "not for a" });
    emitter.bus.emit("shout.made", { room: "a", text: "for a" });
    await stage.becomes(() => seen, ["for a"]);
  });

  scenario("an event has one id at every listener", async (stage) => {
    const emitter = stage.client();
    const other = stage.client();
    const ids: string[] = [];
    for (const { bus } of [stage.server, emitter, other]) bus.on("note.added", (_, { id }) => ids.push(id));
    await stage.settle();
    emitter.bus.emit("note.added", "one");
    await stage.becomes(() => ids.length, 3);
    expect(new Set(ids).size).toBe(1);
  });

  scenario("a listener learns an event's name, key and attempt", async (stage) => {
    const client = stage.client();
    const seen: unknown[] = [];
    client.bus.on("word.said", (_, { name, key, attempt }) => seen.push({ name, key, attempt }));
    await stage.settle();
    stage.server.bus.emit("word.said", { room: 7, text: "seven" });
    await stage.becomes(() => seen, [{ name: "word.said", key: 7, attempt: 1 }]);
  });

  scenario(
    "a durable event reaches the server's own listeners from the log, also later ones",
    async (stage) => {
      const { bus } = stage.server;
      const seen: string[] = [];
      bus.on("deed.recorded", (deed) => seen.push(`now ${deed}`));
      const receipts = await Promise.all([
        bus.emit("deed.recorded", "one"),
        bus.emit("deed.recorded", "two"),
      ]);
      expect(receipts).toMatchObject([
        { durability: "memory", duplicate: false },
        { durability: "memory", duplicate: false },
      ]);
      await stage.becomes(() => seen, ["now one", "now two"]);
      bus.on("deed.recorded", (deed) => seen.push(`since ${deed}`), { since: receipts[0]!.offset });
      await stage.becomes(() => seen, ["now one", "now two", "since two"]);
    },
  );

  scenario("a task on the server is done by one of its workers", async (stage) => {
    const { bus } = stage.server;
    const done: string[] = [];
    for (let worker = 0; worker < 2; worker++) bus.work("parcel.carry", (parcel) => done.push(parcel));
    await Promise.all([bus.enqueue("parcel.carry", "one"), bus.enqueue("parcel.carry", "two")]);
    await stage.becomes(() => [...done].sort(), ["one", "two"]);
    expect(await bus.tasks("parcel.carry").counts()).toMatchObject({ waiting: 0, dead: 0 });
  });
}
