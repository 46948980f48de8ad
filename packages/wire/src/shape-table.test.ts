import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxShapeKeys } from "./binary-types.js";
import { ownShapes, ShapeTable, sharedShapes } from "./shape-table.js";

const withKeys = (...keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, 1]));

/** A table, and what it says of objects that are sent in the message `a`. */
function startTable(range = sharedShapes) {
  const table = new ShapeTable(range);
  const of = (object: Readonly<Record<string, unknown>>) => table.of(object, "a");
  const known = (...keys: readonly string[]) => {
    of(withKeys(...keys));
    return of(withKeys(...keys));
  };
  const shapes = () =>
    Array.from({ length: range.count }, (_, index) => table.names(range.first + index)).filter(Boolean);
  return { table, of, known, shapes };
}

describe("the shapes of objects", () => {
  it("are numbered when they come the second time", () => {
    const { of, known, shapes } = startTable();
    expect(of({ a: 1, b: 2 })).toBe(-1);
    expect(of({ a: 3, b: 4 })).toBe(0);
    expect(known("c")).toBe(1);
    expect(of({ a: 5, b: 6 })).toBe(0);
    expect(shapes()).toEqual([["a", "b"], ["c"]]);
  });

  it("differ by the order of the names, by what is undefined, and by what is behind", () => {
    const { of, known, shapes } = startTable();
    expect(known("a", "b")).toBe(0);
    expect(known("b", "a")).toBe(1);
    expect(known("a")).toBe(2);
    expect(known("a", "b", "c")).toBe(3);
    expect(of({ a: 1, gone: undefined, b: 2 })).toBe(0);
    expect(of({ a: undefined, b: undefined })).toBe(-1);
    expect(shapes()).toEqual([["a", "b"], ["b", "a"], ["a"], ["a", "b", "c"]]);
  });

  it("have no names that are inherited, and none that would be a prototype", () => {
    const { of, shapes } = startTable();
    const own = JSON.parse('{"a":1,"__proto__":2}') as Record<string, unknown>;
    for (const object of [own, Object.create({ inherited: 1 }) as Record<string, unknown>])
      for (let time = 0; time < 3; time++) expect(of(object)).toBe(-1);
    expect(shapes()).toEqual([]);
  });

  it("have up to so many names", () => {
    const { known } = startTable();
    const names = Array.from({ length: maxShapeKeys + 1 }, (_, index) => `name ${index}`);
    expect(known(...names)).toBe(-1);
    expect(known(...names.slice(1))).toBe(0);
  });

  it("are up to so many, and those there are stay in use", () => {
    const { table, shapes } = startTable();
    const known = (name: string, message: string) => {
      table.of({ [name]: 1 }, message);
      return table.of({ [name]: 1 }, message);
    };
    const { count, each } = sharedShapes;
    for (let number = 0; number < count; number++)
      expect(known(`name ${number}`, `message ${Math.floor(number / each)}`)).toBe(number);
    for (let time = 0; time < 3; time++) expect(known("one more", "another message")).toBe(-1);
    expect(table.of({ "name 7": 1 }, "another message")).toBe(7);
    expect(shapes()).toHaveLength(count);
  });

  it("are so many of each message, which takes neither numbers nor letters from the others", () => {
    const { table, known } = startTable();
    const long = (number: number) =>
      Array.from({ length: maxShapeKeys }, (_, key) => `${number} ${key}`.padEnd(64, "x"));
    expect(known(...long(0))).toBe(0);
    expect(known(...long(1))).toBe(1);
    expect(known(...long(2))).toBe(-1);
    for (let count = 0; count < 100; count++)
      for (let time = 0; time < 2; time++) table.of({ [`name ${count}`]: 1 }, "b");
    expect(known("fits")).toBe(-1);
    for (let time = 0; time < 2; time++) table.of({ celsius: 7 }, "c");
    expect(table.of({ celsius: 7 }, "c")).toBe(2 + sharedShapes.each);
  });

  it("of one peer have other numbers than those that all share, and any message may have all of these", () => {
    const { known } = startTable(ownShapes);
    for (let count = 0; count < ownShapes.count; count++)
      expect(known(`name ${count}`)).toBe(sharedShapes.count + count);
    expect(known("one more")).toBe(-1);
  });

  it("keep their numbers, and the table its size, whatever comes once", () => {
    const { of, known, shapes } = startTable();
    expect(known("a", "b")).toBe(0);
    expect(known("a", "c")).toBe(1);
    for (let count = 0; count < 20_000; count++) expect(of({ [`id ${count}`]: count })).toBe(-1);
    expect(of({ a: 1, b: 2 })).toBe(0);
    expect(of({ a: 1, c: 2 })).toBe(1);
    // What was seen once so long ago is seen as for the first time.
    expect(of({ "id 0": 0 })).toBe(-1);
    expect(shapes()).toHaveLength(2);
  });

  it("are always of the object's own names, in its order", () => {
    const keys = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "0", "1"), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 50 }), (objects) => {
        const { of, shapes } = startTable();
        const seen = new Set<string>();
        for (const names of objects) {
          const object = withKeys(...names);
          const id = JSON.stringify(Object.keys(object));
          const shape = of(object);
          expect(shape >= 0).toBe(seen.has(id));
          if (shape >= 0) expect(shapes()[shape]).toEqual(Object.keys(object));
          seen.add(id);
        }
        expect(new Set(shapes().map((shape) => JSON.stringify(shape))).size).toBe(shapes().length);
      }),
    );
  });
});
