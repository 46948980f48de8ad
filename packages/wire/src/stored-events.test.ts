import { createBus } from "@eventwire/core";
import { attach, StoredMessage } from "@eventwire/core/attach";
import { expect, it } from "vitest";
import { building } from "../fixtures/building.js";
import { StoredEvents } from "./stored-events.js";

function message(text: string) {
  const record = {
    offset: 1,
    id: "i1",
    name: "order.placed",
    key: undefined,
    time: 5,
    body: new Uint8Array(0),
  };
  return new StoredMessage(record, { data: text, cause: [] }, "log", 1);
}

it("makes one message for all who follow by one number", () => {
  const stored = new StoredEvents(attach(createBus(building)));
  const event = message("a");
  expect(stored.outgoing(1, event)).toBe(stored.outgoing(1, event));
  expect(stored.outgoing(2, event)).not.toBe(stored.outgoing(1, event));
});

it("keeps no more than a few megabytes for events that a log keeps, by however many numbers they are followed", () => {
  const stored = new StoredEvents(attach(createBus(building)));
  const event = message("x".repeat(100_000));
  const first = stored.outgoing(0, event);
  for (let ref = 1; ref < 100; ref++) stored.outgoing(ref, event);
  expect(stored.outgoing(0, event)).not.toBe(first);
});

it("keeps the newest, however large", () => {
  const stored = new StoredEvents(attach(createBus(building)));
  const event = message("x".repeat(10_000_000));
  expect(stored.outgoing(1, event)).toBe(stored.outgoing(1, event));
});
