import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OverflowError } from "./index.js";
import { Mailbox } from "./mailbox.js";

describe("Mailbox", () => {
  it("agrees with an array", () => {
    const steps = fc.array(fc.oneof(fc.constant("take" as const), fc.nat(2_000)), { maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 3_000 }), (steps, limit) => {
        const mailbox = new Mailbox<number>(limit);
        const model: number[] = [];
        let next = 0;
        const taken: (number | undefined)[] = [];
        const expected: (number | undefined)[] = [];
        const take = () => {
          taken.push(mailbox.take());
          expected.push(model.shift());
        };
        for (const step of steps) {
          if (step === "take") for (let count = model.length >> 1; count >= 0; count--) take();
          else {
            for (let count = Math.min(step, limit - model.length); count > 0; count--) {
              mailbox.put(next, "a");
              model.push(next++);
            }
            if (model.length === limit) expect(() => mailbox.put(next, "a")).toThrow(OverflowError);
          }
          expect(mailbox.size).toBe(model.length);
        }
        while (model.length > 0) take();
        take();
        expect(taken).toEqual(expected);
      }),
    );
  });

  it("takes exactly its limit, and names the event that did not fit and what to do", () => {
    const mailbox = new Mailbox<number>(2);
    mailbox.put(1, "a");
    mailbox.put(2, "a");
    const put = () => mailbox.put(3, "room.opened");
    expect(put).toThrow('"room.opened" was not emitted: 2 events wait already.');
    expect(put).toThrow("raise { mailboxLimit }");
    expect([mailbox.take(), mailbox.take(), mailbox.take()]).toEqual([1, 2, undefined]);
  });
});
