import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Backlog, liveLimit, volatileLimit } from "./backlog.js";
import type { Delivery } from "./definition.js";
import { EventMessage } from "./message.js";

function messageOf(name: string, data: number, key?: string | number): EventMessage {
  return new EventMessage(name, data, key, 0, undefined, "id", "", undefined);
}

function createBacklog() {
  const gaps: number[] = [];
  return { backlog: new Backlog((missed) => gaps.push(missed)), gaps };
}

interface Waiting {
  readonly message: EventMessage;
  readonly delivery: Delivery;
}

function sameSlot(one: Waiting, other: Waiting): boolean {
  const volatile = one.delivery === "volatile" && other.delivery === "volatile";
  return volatile && one.message.name === other.message.name && one.message.key === other.message.key;
}

describe("Backlog", () => {
  it("agrees with a list in the order of emits, searched for each rule", () => {
    const put = fc.record({
      name: fc.constantFrom("a", "a 1", "b"),
      key: fc.constantFrom(undefined, 1, "1", "number 1", 2),
      delivery: fc.constantFrom<Delivery>("volatile", "live"),
      times: fc.constantFrom(1, 1, 1, 1, 1, 1, 300),
    });
    const step = fc.oneof(
      { weight: 4, arbitrary: put },
      { weight: 1, arbitrary: fc.constant("take" as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { backlog, gaps } = createBacklog();
        let model: Waiting[] = [];
        let missed = 0;
        let data = 0;
        const take = () => {
          gaps.length = 0;
          expect(backlog.take()).toBe(model.shift()?.message);
          expect(gaps).toEqual(missed > 0 ? [missed] : []);
          missed = 0;
        };
        for (const step of steps) {
          if (step === "take") {
            take();
            continue;
          }
          for (let count = 0; count < step.times; count++) {
            const { delivery } = step;
            const waiting = { message: messageOf(step.name, data++, step.key), delivery };
            model = model.filter((other) => !sameSlot(other, waiting));
            const alike = model.filter(
              (other) => (other.delivery === "volatile") === (delivery === "volatile"),
            );
            if (alike.length >= (delivery === "volatile" ? volatileLimit : liveLimit)) {
              model.splice(model.indexOf(alike[0]!), 1);
              missed += 1;
            }
            model.push(waiting);
            backlog.put(waiting.message, delivery);
          }
        }
        while (model.length > 0) take();
        take();
      }),
    );
  });

  it("bounds the keys of volatile events, and counts the keys that went as missed", () => {
    const { backlog, gaps } = createBacklog();
    for (let key = 0; key < volatileLimit + 5; key++) backlog.put(messageOf("a", key, key), "volatile");
    expect(backlog.take()?.data).toBe(5);
    expect(gaps).toEqual([5]);
  });

  it("forgets what waits and what was missed when it is cleared", () => {
    const { backlog, gaps } = createBacklog();
    for (let count = 0; count <= liveLimit; count++) backlog.put(messageOf("a", count), "live");
    backlog.put(messageOf("b", 0, 1), "volatile");
    backlog.clear();
    expect(backlog.take()).toBeUndefined();
    expect(gaps).toEqual([]);
  });
});
