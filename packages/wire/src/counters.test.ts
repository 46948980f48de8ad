import { expect, it } from "vitest";
import { Counting } from "./counters.js";

it("counts refusals by code, also one that is named as a member of every object", () => {
  const counting = new Counting();
  for (const code of ["Denied", "Denied", "toString", "__proto__"]) counting.refuse(code);
  expect(Object.entries(counting.refused)).toEqual([
    ["Denied", 2],
    ["toString", 1],
    ["__proto__", 1],
  ]);
});

it("gives a snapshot that later counts do not change", () => {
  const counting = new Counting();
  counting.framesIn = 1;
  counting.refuse("Denied");
  const snapshot = counting.snapshot();
  counting.framesIn = 2;
  counting.refuse("Denied");
  expect(snapshot).toEqual({
    framesIn: 1,
    framesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    eventsIn: 0,
    eventsOut: 0,
    refused: { Denied: 1 },
  });
});
