import { expect, it } from "vitest";
import { isSame, reportOf, reportSchema } from "./reports.js";

it("makes reports of 200 bytes, which their schema accepts", () => {
  for (let number = 0; number < 5_000; number += 7) {
    const report = reportOf(number);
    expect(reportSchema.parse(report)).toEqual(report);
    expect(Math.abs(JSON.stringify(report).length - 200)).toBeLessThan(8);
  }
});

it("sees what differs", () => {
  expect(isSame(reportOf(3))).toBe(true);
  expect(isSame({ ...reportOf(3), remark: "wind" })).toBe(false);
  expect(isSame({ ...reportOf(3), altitude: 1 })).toBe(false);
});
