import { expect } from "vitest";
import type { Scenario } from "./behaviour-cases.js";
import type { BehaviourFeatures } from "./harness.js";
import { rejection } from "./stage.js";

const group = "clerks";
const upTo = (length: number) => Array.from({ length }, (_, count) => count);

/** That clients share durable events in a group: each is done, in the order of its key, whatever becomes of connections. */
export function testGroups(scenario: Scenario, features: BehaviourFeatures): void {
  scenario("a client in a group does each event, in the order of its key", async (stage) => {
    const done = new Map<unknown, Set<number>>();
    const client = stage.client();
    await client.bus.on(
      "deed.signed",
      async ({ room, text }) => {
        await undefined;
        const texts = done.get(room) ?? new Set();
        done.set(room, texts.add(Number(text)));
      },
      { group },
    ).ready;
    for (const count of upTo(60))
      void stage.server.bus.emit("deed.signed", { room: count % 6, text: `${count}` });
    // What a connection lost may be done twice, and is then done in its order again.
    await stage.becomes(
      () => [...done].map(([room, texts]) => [room, [...texts]]).sort(([a], [b]) => Number(a) - Number(b)),
      upTo(6).map((room) => [room, upTo(10).map((count) => room + 6 * count)]),
    );
  });

  scenario("a client is given a failed event again, before others of its key", async (stage) => {
    const client = stage.client();
    const seen: string[] = [];
    await client.bus.on(
      "deed.recorded",
      (deed) => {
        seen.push(deed);
        if (seen.length === 1) throw new Error("no ink");
      },
      { group, backoff: { initial: 0 } },
    ).ready;
    await stage.server.bus.emit("deed.recorded", "one");
    await stage.server.bus.emit("deed.recorded", "two");
    await stage.becomes(() => seen, ["one", "one", "two"]);
    if (features.boundary) await stage.expectError(client, "ListenerFailed");
  });

  scenario(
    "an event that a client fails at for the last time is dead, with its reason, and can be redriven",
    async (stage) => {
      const client = stage.client();
      const { bus } = stage.server;
      const done = new Set<string>();
      let ink = false;
      await client.bus.on(
        "deed.recorded",
        (deed) => {
          if (!ink) throw new Error("no ink");
          done.add(deed);
        },
        { group, attempts: 1 },
      ).ready;
      await bus.emit("deed.recorded", "one");
      await stage.expectError(stage.server, "Dead");
      // That it failed may be lost with a connection: then it is given again, and fails once more.
      if (features.boundary) await stage.expectErrors(client, "ListenerFailed");
      expect(await bus.group(group).dead()).toMatchObject([{ data: "one", reason: "no ink" }]);
      ink = true;
      expect(await bus.group(group).redrive("all")).toBe(1);
      await stage.becomes(() => [...done], ["one"]);
    },
  );

  scenario(
    "a client that has left its group is given nothing more, and the next one the rest",
    async (stage) => {
      const seen: string[] = [];
      const join = (who: string) =>
        stage.client().bus.on("deed.recorded", (deed) => seen.push(`${who} ${deed}`), { group });
      const stop = join("one");
      await stop.ready;
      await stage.server.bus.emit("deed.recorded", "a");
      await stage.becomes(() => seen, ["one a"]);
      stop();
      await stage.settle();
      await stage.server.bus.emit("deed.recorded", "b");
      await join("two").ready;
      await stage.becomes(() => seen, ["one a", "two b"]);
    },
  );

  if (features.boundary) {
    scenario("a client cannot look after a group", async (stage) => {
      const { bus } = stage.client();
      const its = bus.group(group);
      for (const asked of [its.dead(), its.redrive("all"), its.lag("deed.recorded")])
        expect(await rejection(asked)).toMatchObject({ code: "Unsupported", about: group });
    });
  }
}
