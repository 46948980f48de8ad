import type { Offset } from "@eventwire/core";
import { expect } from "vitest";
import type { Scenario } from "./behaviour-cases.js";
import type { BehaviourFeatures } from "./harness.js";
import { rejection } from "./stage.js";

/** That durable events reach a client from the log: each once and in order, whatever becomes of its connection. */
export function testDurableEvents(scenario: Scenario, features: BehaviourFeatures): void {
  scenario("a client hears durable events with their offsets, from when it listens on", async (stage) => {
    const client = stage.client();
    const seen: unknown[] = [];
    await stage.server.bus.emit("deed.recorded", "before");
    await client.bus.on("deed.recorded", (deed, { id, offset }) => seen.push({ deed, id, offset })).ready;
    const receipts = [];
    for (const deed of ["one", "two"]) receipts.push(await stage.server.bus.emit("deed.recorded", deed));
    const [one, two] = receipts.map(({ id, offset }) => ({ id, offset }));
    await stage.becomes(
      () => seen,
      [
        { deed: "one", ...one },
        { deed: "two", ...two },
      ],
    );
  });

  scenario("a client hears what was before from an offset, a time or the start on", async (stage) => {
    const { bus } = stage.server;
    const position = await bus.position();
    const first = await bus.emit("deed.recorded", "one");
    await bus.emit("deed.recorded", "two");
    const client = stage.client();
    const seen: Record<string, string[]> = { start: [], position: [], first: [], found: [], time: [] };
    const listen = (name: string, since: "start" | Offset | Date | (() => Promise<Offset>)) =>
      client.bus.on("deed.recorded", (deed) => seen[name]!.push(deed), { since });
    listen("start", "start");
    listen("position", position);
    listen("first", first.offset!);
    listen("found", async () => first.offset!);
    listen("time", new Date(0));
    const both = ["one", "two"];
    await stage.becomes(() => seen, {
      start: both,
      position: both,
      first: ["two"],
      found: ["two"],
      time: both,
    });
  });

  scenario(
    "a client hears more durable events than are sent at once, in the order of the log",
    async (stage) => {
      const client = stage.client();
      const seen: string[] = [];
      const deeds = Array.from({ length: 1_000 }, (_, count) => `deed ${count}`);
      for (const deed of deeds.slice(0, 500)) void stage.server.bus.emit("deed.recorded", deed);
      client.bus.on("deed.*", ({ data }) => seen.push(String(data)), { since: "start" });
      await stage.settle();
      for (const deed of deeds.slice(500)) void stage.server.bus.emit("deed.recorded", deed);
      await stage.becomes(() => seen, deeds);
    },
  );

  scenario("a client hears the durable events of its key, and of a pattern in one order", async (stage) => {
    const { bus } = stage.server;
    const client = stage.client();
    const room: string[] = [];
    const all: string[] = [];
    await client.bus.on("deed.signed", ({ text }) => room.push(text), { key: 7 }).ready;
    await client.bus.on("deed.*", ({ name }) => all.push(name)).ready;
    await bus.emit("deed.signed", { room: "7", text: "another" });
    await bus.emit("deed.recorded", "a deed");
    await bus.emit("deed.signed", { room: 7, text: "seven" });
    await stage.becomes(() => room, ["seven"]);
    await stage.becomes(() => all, ["deed.signed", "deed.recorded", "deed.signed"]);
  });

  scenario("a client that works slowly is sent durable events at its pace, and loses none", async (stage) => {
    const client = stage.client();
    const seen: number[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const slowly = async (deed: string) => {
      await gate;
      seen.push(Number(deed));
    };
    await client.bus.on("deed.recorded", slowly, { concurrency: 1 }).ready;
    const counts = Array.from({ length: 600 }, (_, count) => count);
    for (const count of counts) void stage.server.bus.emit("deed.recorded", String(count));
    await stage.settle();
    open();
    await stage.becomes(() => seen, counts);
  });

  scenario("a client iterates durable events from a position that it took", async (stage) => {
    const { bus } = stage.client();
    await stage.server.bus.emit("deed.recorded", "before");
    const since = await bus.position();
    for (const deed of ["one", "two", "three"]) await stage.server.bus.emit("deed.recorded", deed);
    const seen: string[] = [];
    for await (const deed of bus.events("deed.recorded", { since })) if (seen.push(deed) === 3) break;
    expect(seen).toEqual(["one", "two", "three"]);
  });

  scenario("a client that has ended its listening hears nothing more", async (stage) => {
    const client = stage.client();
    const seen: string[] = [];
    const stop = client.bus.on("deed.recorded", (deed) => seen.push(deed));
    await stop.ready;
    await stage.server.bus.emit("deed.recorded", "one");
    await stage.becomes(() => seen, ["one"]);
    stop();
    await stage.server.bus.emit("deed.recorded", "two");
    await stage.becomes(() => seen, ["one"]);
  });

  scenario("what a client emits is in the log once, in order, and its receipts say where", async (stage) => {
    const { bus } = stage.client();
    const deeds = Array.from({ length: 400 }, (_, count) => `deed ${count}`);
    const seen: { readonly deed: string; readonly id: string; readonly offset: unknown }[] = [];
    stage.server.bus.on("deed.recorded", (deed, { id, offset }) => seen.push({ deed, id, offset }), {
      since: "start",
    });
    const first = deeds.slice(0, 200).map((deed) => bus.emit("deed.recorded", deed));
    await stage.settle();
    const rest = deeds.slice(200).map((deed) => bus.emit("deed.recorded", deed));
    const receipts = await Promise.all([...first, ...rest]);
    await stage.becomes(() => seen.map(({ deed }) => deed), deeds);
    for (const [index, { id, offset = seen[index]!.offset }] of receipts.entries()) {
      expect({ id, offset }).toEqual({ id: seen[index]!.id, offset: seen[index]!.offset });
    }
  });

  scenario("a client hears what it emits from the log, as all others do", async (stage) => {
    const { bus } = stage.client();
    const other = stage.client();
    const seen: Record<string, string[]> = { own: [], other: [] };
    await bus.on("deed.recorded", (deed) => seen.own!.push(deed)).ready;
    await other.bus.on("deed.recorded", (deed) => seen.other!.push(deed)).ready;
    for (const deed of ["one", "two", "three"]) void bus.emit("deed.recorded", deed);
    const all = ["one", "two", "three"];
    await stage.becomes(() => seen, { own: all, other: all });
  });

  scenario("a later change of what a client has emitted changes nothing that the log has", async (stage) => {
    const { bus } = stage.client();
    const deed = { room: "a", text: "before" };
    const seen: unknown[] = [];
    await stage.server.bus.on("deed.agreed", (agreed) => seen.push(agreed)).ready;
    const receipt = bus.emit("deed.agreed", deed);
    deed.text = "after";
    await receipt;
    await stage.becomes(() => seen, [{ room: "a", text: "before" }]);
  });

  if (features.boundary) {
    scenario("what a client emits is refused at once where its schema refuses it", async (stage) => {
      const { bus } = stage.client();
      const refused = { code: "Invalid", about: "deed.recorded" };
      expect(await rejection(bus.emit("deed.recorded", 7 as unknown as string))).toMatchObject(refused);
    });
  }
}
