import * as kit from "@eventwire/testing";
import { expect, it } from "vitest";

it("loads the test kit", () => {
  expect(Object.keys(kit)).not.toEqual([]);
});
