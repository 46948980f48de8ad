import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxShapeKeys, maxShapes } from "./binary-types.js";
import { ShapeTable } from "./shape-table.js";

const withKeys = (...keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, 1]));
const known = (table: ShapeTable, ...keys: readonly string[]) => {
  table.of(withKeys(...keys));
  return table.of(withKeys(...keys));
};

describe("the shapes of objects", () => {
  it("are numbered when they come the second time", () => {
    const table = new ShapeTable();
    expect(table.of({ a: 1, b: 2 })).toBe(-1);
    expect(table.of({ a: 3, b: 4 })).toBe(0);
    expect(known(table, "c")).toBe(1);
    expect(table.of({ a: 5, b: 6 })).toBe(0);
    expect(table.shapes).toEqual([["a", "b"], ["c"]]);
  });

  it("differ by the order of the names, by what is undefined, and by what is behind", () => {
    const table = new ShapeTable();
    expect(known(table, "a", "b")).toBe(0);
    expect(known(table, "b", "a")).toBe(1);
    expect(known(table, "a")).toBe(2);
    expect(known(table, "a", "b", "c")).toBe(3);
    expect(table.of({ a: 1, gone: undefined, b: 2 })).toBe(0);
    expect(table.of({ a: undefined, b: undefined })).toBe(-1);
    expect(table.shapes).toEqual([["a", "b"], ["b", "a"], ["a"], ["a", "b", "c"]]);
  });

  it("have no names that are inherited, and none that would be a prototype", () => {
    const table = new ShapeTable();
    const own = JSON.parse('{"a":1,"__proto__":2}') as Record<string, unknown>;
    for (const object of [own, Object.create({ inherited: 1 }) as Record<string, unknown>])
      for (let time = 0; time < 3; time++) expect(table.of(object)).toBe(-1);
    expect(table.shapes).toEqual([]);
  });

  it("have up to so many names", () => {
    const table = new ShapeTable();
    const names = Array.from({ length: maxShapeKeys + 1 }, (_, index) => `name ${index}`);
    expect(known(table, ...names)).toBe(-1);
    expect(known(table, ...names.slice(1))).toBe(0);
  });

  it("are up to so many, and those there are stay in use", () => {
    const table = new ShapeTable();
    for (let count = 0; count < maxShapes; count++) expect(known(table, `name ${count}`)).toBe(count);
    for (let time = 0; time < 3; time++) expect(known(table, "one more")).toBe(-1);
    expect(table.of({ "name 7": 1 })).toBe(7);
    expect(table.shapes).toHaveLength(maxShapes);
  });

  it("keep their numbers, and the table its size, whatever comes once", () => {
    const table = new ShapeTable();
    expect(known(table, "a", "b")).toBe(0);
    expect(known(table, "a", "c")).toBe(1);
    for (let count = 0; count < 20_000; count++) expect(table.of({ [`id ${count}`]: count })).toBe(-1);
    expect(table.of({ a: 1, b: 2 })).toBe(0);
    expect(table.of({ a: 1, c: 2 })).toBe(1);
    // What was seen once so long ago is seen as for the first time.
    expect(table.of({ "id 0": 0 })).toBe(-1);
    expect(table.shapes).toHaveLength(2);
  });

  it("are always of the object's own names, in its order", () => {
    const keys = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "0", "1"), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 50 }), (objects) => {
        const table = new ShapeTable();
        const seen = new Set<string>();
        for (const names of objects) {
          const object = withKeys(...names);
          const id = JSON.stringify(Object.keys(object));
          const shape = table.of(object);
          expect(shape >= 0).toBe(seen.has(id));
          if (shape >= 0) expect(table.shapes[shape]).toEqual(Object.keys(object));
          seen.add(id);
        }
        expect(new Set(table.shapes.map((shape) => JSON.stringify(shape))).size).toBe(table.shapes.length);
      }),
    );
  });
});
