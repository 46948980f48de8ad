import { MisuseError } from "@eventwire/core";
import { expect, it } from "vitest";
import { defaultLimits, limitsFrom } from "./limits.js";

it("takes the default of what is not given, and of what is undefined", () => {
  expect(limitsFrom()).toEqual(defaultLimits);
  expect(limitsFrom({ listeners: undefined, requests: 3 })).toEqual({ ...defaultLimits, requests: 3 });
});

it.each([
  { listeners: Number.NaN },
  { requests: -1 },
  { frameBytes: 100 },
  { heartbeat: 99 },
  { bufferedBytes: "9" as never },
])("refuses %j as a limit", (given: Parameters<typeof limitsFrom>[0]) => {
  expect(() => limitsFrom(given)).toThrow(MisuseError);
});
