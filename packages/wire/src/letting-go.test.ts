import type { OpenOutbox, OutboxStore } from "@eventwire/core";
import { expect, it, vi } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";
import type { FakeLink } from "../fixtures/fake-link.js";
import { settle } from "../fixtures/settle.js";

/** A store of outboxes in memory, the first of which puts what it is given when the test says so. */
function holdingStore() {
  let put: () => void = () => undefined;
  const held = { next: false };
  let opened = 0;
  const open = async (): Promise<OpenOutbox> => ({
    producer: `box-${++opened}`,
    state: { epoch: 0, confirmed: 0, first: 1, sent: 0, user: undefined },
    entries: [],
    put: async () => {
      if (!held.next) return;
      held.next = false;
      await new Promise<void>((resolve) => {
        put = resolve;
      });
    },
    advance: async () => undefined,
    close: async () => undefined,
  });
  const store: OutboxStore = { durability: "memory", open };
  const hold = () => {
    held.next = true;
  };
  return { store, hold, put: () => put() };
}

/** Takes whatever is sent, as a server does, and gives the data of it. */
async function serve(link: FakeLink, early: readonly (readonly unknown[])[] = []): Promise<unknown[]> {
  const taken: unknown[] = [];
  for (let messages = [...early, ...link.take()]; messages.length > 0; messages = link.take()) {
    for (const message of messages) {
      const [type, ref, sequence, , , data] = message;
      if (type === "produce") link.arrive(["producing", ref, 1, true, "me", "memory"]);
      if (type !== "append") continue;
      taken.push(data);
      link.arrive(["appended", ref, sequence, `log.${taken.length}`, false]);
    }
    await settle();
  }
  return taken;
}

for (const steps of [0, 1, 2, 3, 5, 8]) {
  it(`sends what is emitted ${steps} steps before its client lets go of empty outboxes, in an outbox of its own`, async () => {
    const { store, hold, put } = holdingStore();
    const client = startBuildingClient({ outbox: { store } });
    const first = await client.welcome({ outboxes: 8 });
    const receipts = [client.bus.emit("order.placed", "a")];
    await vi.waitFor(() => expect(first.frames.join()).toContain("produce"));
    const produce = first.take().find(([type]) => type === "produce");
    const ref = produce![1];
    first.arrive(["producing", ref, 1, true, "me", "memory"]);
    await settle();
    first.close({ code: "Lost", message: "Lost.", retryable: true });
    hold();
    receipts.push(client.bus.emit("order.placed", "b"));
    await settle();
    const second = await client.welcome({ outboxes: 8 });
    receipts.push(client.bus.emit("order.placed", "c"));
    for (let step = 0; step < steps; step++) await undefined;
    put();
    await settle();
    expect(await serve(second)).toEqual(["a", "b", "c"]);
    expect(await Promise.all(receipts)).toHaveLength(3);
    expect(client.errors).toEqual([]);
    await client.bus.close();
  });
}
