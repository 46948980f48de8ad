import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it } from "vitest";
import { memory } from "../memory.js";

describe("the memory broker's signals", () => {
  it("go nowhere where it is not open, also those that were published just before", async () => {
    const clock = new VirtualClock();
    const broker = memory({ runtime: clock });
    const seen: number[] = [];
    await broker.open();
    await broker.signals.subscribe(
      "t",
      ([frame]) => seen.push(frame!),
      () => undefined,
    );
    const publish = (frame: number) => broker.signals.publish("t", Uint8Array.of(frame));
    publish(1);
    await clock.settle();
    publish(2);
    const closing = broker.close({ drain: 0 });
    publish(3);
    await closing;
    await clock.settle();
    expect(seen).toEqual([1]);
    await broker.open();
    publish(4);
    await clock.settle();
    expect(seen).toEqual([1, 4]);
  });
});
