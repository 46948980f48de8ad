import { describe, expect, it, vi } from "vitest";
import { createBus, defineContract, type EventwireError, event, request, unchecked } from "./index.js";

interface Point {
  readonly id: number;
  readonly x: number;
}

const contract = defineContract({
  "point.moved": event(unchecked<Point>(), { key: (point) => point.id }),
  "point.added": event<Point>(),
  "room.opened": event<string>(),
  "room.size": request({
    input: unchecked<string>(),
    output: unchecked<number>(),
    errors: { NoRoom: unchecked<{ room: string }>() },
  }),
});

function createTestBus() {
  const errors: EventwireError[] = [];
  return { bus: createBus(contract, { onError: (error) => errors.push(error) }), errors };
}

describe("emit and on", () => {
  it("runs the listeners of an idle bus before emit returns", () => {
    const { bus } = createTestBus();
    const listener = vi.fn();
    bus.on("point.added", listener);
    bus.emit("point.added", { id: 1, x: 2 });
    expect(listener).toHaveBeenCalledWith({ id: 1, x: 2 }, expect.objectContaining({ name: "point.added" }));
  });

  it("runs what a listener emits after the current event has reached all its listeners", () => {
    const { bus } = createTestBus();
    const seen: string[] = [];
    bus.on("room.opened", (room) => {
      seen.push(`first ${room}`);
      if (room === "a") bus.emit("room.opened", "b");
    });
    bus.on("room.opened", (room) => seen.push(`second ${room}`));
    bus.emit("room.opened", "a");
    expect(seen).toEqual(["first a", "second a", "first b", "second b"]);
  });
});
