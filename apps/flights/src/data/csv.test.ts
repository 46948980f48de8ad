import fc from "fast-check";
import { expect, test } from "vitest";
import { csvFields } from "./csv.js";

test("quoted fields keep their commas and quotes", () => {
  expect(csvFields('35A,"Union County, Troy Shelton",SC')).toEqual([
    "35A",
    "Union County, Troy Shelton",
    "SC",
  ]);
  expect(csvFields('DBN,"W. H. ""Bud"" Barron"')).toEqual(["DBN", 'W. H. "Bud" Barron']);
});

test("an empty field is a field, the last one too", () => {
  expect(csvFields("a,,")).toEqual(["a", "", ""]);
});

test("any fields come back from the line that they were quoted into", () => {
  const text = fc.string().filter((value) => !/[\r\n]/.test(value));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), (fields) => {
      const line = fields.map((value) => `"${value.replaceAll('"', '""')}"`).join(",");
      expect(csvFields(line)).toEqual(fields);
    }),
  );
});

test("a quote that is never closed is refused", () => {
  expect(() => csvFields('a,"b')).toThrow("not closed");
});
