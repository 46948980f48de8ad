import { type Broker, EventwireError, type Tasks } from "@eventwire/core";
import { expect, it } from "vitest";
import { createDepot } from "./depot.js";

class LockedError extends EventwireError {
  readonly code = "StoreLocked";
  override readonly retryable = true;
}

/** The broker, whose `enqueue` does what it is told to. */
function enqueuing(broker: Broker, enqueue: (tasks: Tasks) => Tasks["enqueue"]): Broker {
  const around = <Inner extends object>(inner: Inner, own: Partial<Inner>): Inner =>
    new Proxy(inner, {
      get(target, name) {
        const value: unknown = own[name as keyof Inner] ?? Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  return around(broker, { tasks: around(broker.tasks, { enqueue: enqueue(broker.tasks) }) });
}

it("A task of a client is enqueued once when the broker can take it again, and nothing of what ailed it is told", async () => {
  const { clock, errors, broker, serve, connect } = createDepot();
  let refused = 0;
  const locked = enqueuing(broker, (tasks) => async (batch) => {
    if (refused++ < 3) throw new LockedError('"/var/secret.db" is held by another program.');
    return tasks.enqueue(batch);
  });
  const { bus: server } = serve({}, locked);
  const { bus } = connect();
  expect(await clock.until(bus.enqueue("parcel.weigh", { id: "a" }))).toMatchObject({ duplicate: false });
  expect(await server.tasks("parcel.weigh").counts()).toMatchObject({ waiting: 1 });
  expect(errors.map(({ code }) => code)).toEqual(["StoreLocked", "StoreLocked", "StoreLocked"]);
});

it("A client is told that the outcome of its enqueueing is unknown, where the broker fails for longer than it knows ids", async () => {
  const { clock, broker, serve, connect } = createDepot();
  const failing = enqueuing(broker, () => async () => {
    throw new Error("/var/secret.db: disk I/O error");
  });
  serve({}, failing);
  const { bus } = connect();
  const refused = await clock.until(
    bus.enqueue("parcel.weigh", { id: "a" }).then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  expect(refused).toMatchObject({ code: "OutcomeUnknown", about: "parcel.weigh" });
  expect(String(refused)).not.toContain("secret");
});

it("A task that a server takes while it ends is enqueued once, at the next one", async () => {
  const { clock, errors, broker, network, serve, connect } = createDepot();
  const hanging = enqueuing(broker, (tasks) => async (batch) => {
    await tasks.enqueue(batch);
    return new Promise(() => undefined);
  });
  const { bus: first } = serve({}, hanging);
  const { bus } = connect();
  const receipt = bus.enqueue("parcel.weigh", { id: "a" });
  await clock.advance(100);
  await clock.until(first.close({ drain: 1_000 }));
  const { bus: next } = serve({}, broker, network);
  expect(await clock.until(receipt)).toMatchObject({ duplicate: true });
  expect(await next.tasks("parcel.weigh").counts()).toMatchObject({ waiting: 1 });
  expect(errors.filter(({ code }) => code !== "Broker")).toEqual([]);
});
