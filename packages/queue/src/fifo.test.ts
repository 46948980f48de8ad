import fc from "fast-check";
import { expect, it } from "vitest";
import { Fifo } from "./fifo.js";

it("gives what an array gives, in whatever turns it is filled and emptied", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -200, max: 200 }), { maxLength: 60 }), (turns) => {
      const fifo = new Fifo<number>();
      const array: number[] = [];
      let next = 0;
      for (const turn of turns) {
        for (let count = 0; count < turn; count++) {
          fifo.push(next);
          array.push(next++);
        }
        for (let count = 0; count > turn; count--) {
          expect(fifo.peek()).toBe(array[0]);
          if (array.length > 0) expect(fifo.shift()).toBe(array.shift());
        }
        expect(fifo.length).toBe(array.length);
        expect([...fifo]).toEqual(array);
      }
    }),
  );
});
