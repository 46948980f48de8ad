import type { OpenOutbox, OutboxStore } from "@eventwire/core";
import { expect, it, vi } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";

/** A store that has outboxes with an event each, and then new ones; it fails where `fails` says so. */
function storeOf(left: number, fails: () => boolean = () => false) {
  const signals: AbortSignal[] = [];
  const open = async (index: number): Promise<OpenOutbox> => ({
    producer: `box-${index}`,
    state: { epoch: 1, confirmed: 1, first: 1, sent: 0, user: undefined },
    entries: index < left ? [{ id: `${index}`, name: "order.placed", time: index, body: '"a"' }] : [],
    put: async () => undefined,
    advance: async () => undefined,
    close: async () => undefined,
  });
  const store: OutboxStore = {
    durability: "process",
    open: async ({ signal }) => {
      signals.push(signal);
      if (fails()) throw new Error("The device is full.");
      return open(signals.length - 1);
    },
  };
  return { store, looking: () => signals.map(({ aborted }) => !aborted) };
}

it("looks for what others leave once, however many it has opened, until it ends", async () => {
  const { store, looking } = storeOf(11);
  const { bus, runtime, welcome } = startBuildingClient({ outbox: { store } });
  await welcome({ outboxes: 20 });
  await vi.waitFor(() => expect(looking()).toHaveLength(12));
  await vi.waitFor(() => expect(looking().filter(Boolean)).toHaveLength(1));
  expect(looking().at(-1)).toBe(true);
  await runtime.until(bus.close({ drain: 0 }));
  expect(looking()).not.toContain(true);
});

it("looks for nothing where its outbox does not open", async () => {
  let failures = 2;
  const { store, looking } = storeOf(0, () => failures-- > 0);
  const { bus } = startBuildingClient({ outbox: { store } });
  for (let tries = 1; tries <= 2; tries++)
    await expect(bus.emit("order.placed", "a")).rejects.toThrow("The device is full.");
  void bus.emit("order.placed", "a");
  await vi.waitFor(() => expect(looking()).toEqual([false, false, true]));
});
