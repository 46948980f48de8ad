import { createBus, defineContract, event, type GapError, request } from "@eventwire/core";
import { createQueue } from "@eventwire/queue";
import { type ConnectionState, createClient, createHub } from "@eventwire/wire";
import { expect, it } from "vitest";
import { checked, number, record as object, text } from "./behaviour/checked.js";
import { MemoryNetwork, record, VirtualClock } from "./index.js";

const hour = 3_600_000;

const post = defineContract({
  "parcel.delivered": event(checked(object({ parcel: text, attempt: number }))),
  "parcel.lost": event(checked(text)),
  "parcel.send": request({ input: checked(text), output: checked(number) }),
});

/** A post office that is open from 8 to 18 o'clock, tries each parcel once an hour, and gives up after 24 attempts. */
function openOffice(clock: VirtualClock, network: MemoryNetwork) {
  const bus = createBus(post, { runtime: clock });
  const hub = createHub(bus, network.server, {
    authenticate: () => ({ id: "sender" }),
    allow: { listen: { "*": true }, request: { "*": true } },
  });
  const parcels = createQueue<string>({
    runtime: clock,
    attempts: 24,
    backoff: () => hour,
    onFailure: ({ retryIn, entry }) => {
      if (retryIn === undefined) bus.emit("parcel.lost", entry.data);
    },
  });
  parcels.work((parcel, { attempt }) => {
    const hours = new Date(clock.now()).getUTCHours();
    if (parcel === "nowhere" || hours < 8 || hours >= 18) throw new Error("Nobody is there.");
    bus.emit("parcel.delivered", { parcel, attempt });
  });
  bus.handle("parcel.send", (parcel) => {
    parcels.offer(parcel);
    return parcels.size;
  });
  return { bus, hub, parcels };
}

it("plays a day of retries, heartbeats and lost connections over queue, bus and wire in a moment", async () => {
  const before = process.cpuUsage();
  const clock = new VirtualClock({ start: Date.UTC(2001, 0, 1, 18) });
  const network = new MemoryNetwork({ runtime: clock, seed: 1, faults: { latency: 40, jitter: 60 } });
  const { bus, hub, parcels } = openOffice(clock, network);
  const source = network.client({ halfOpen: true });
  const client = createClient(post, source, { runtime: clock });
  const recorder = record(client);
  await clock.until(recorder.recording);

  for (const parcel of ["a", "nowhere"]) await clock.until(client.request("parcel.send", parcel));
  // Twice in the night nothing comes through, which only the buses' own signs of life can tell.
  const states: ConnectionState[] = [];
  client.connection.watch(({ state }) => states.push(state));
  await clock.advance(2 * hour);
  source.halfOpen("toClient");
  await clock.advance(2 * hour);
  source.partition();
  await clock.advance(2 * hour);
  source.heal();
  await clock.advance(1_000);
  expect(states.filter((state) => state === "connected")).toHaveLength(3);

  const { data, time } = await recorder.expect("parcel.delivered", { parcel: "a" }, { within: 24 * hour });
  // At 18 o'clock for the first time, at 8 for the fifteenth.
  expect([data.attempt, new Date(time).getUTCHours()]).toEqual([15, 8]);
  const lost = await recorder.expect("parcel.lost", undefined, { within: 24 * hour });
  expect([lost.data, Math.round((clock.now() - Date.UTC(2001, 0, 1, 18)) / hour)]).toEqual(["nowhere", 23]);
  expect(parcels.dead()).toHaveLength(1);
  expect(hub.peers()).toHaveLength(1);

  await clock.until(client.close());
  await clock.until(parcels.close());
  await clock.until(bus.close());
  expect([clock.timers, clock.uncaughtErrors]).toEqual([0, []]);
  // What the recorder may have missed each time, a name.
  expect(clock.loggedErrors.map((error) => (error as GapError).gap.reason)).toEqual(
    Array.from({ length: 4 }, () => "disconnected"),
  );
  // Of work, for a busy machine makes it wait for that.
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000, "milliseconds of work").toBeLessThan(4_000);
});
