import { describe, expect, it } from "vitest";
import { verdict } from "./tally.mjs";

const passing = {
  projects: { unit: { passed: 3, failed: 0, skipped: 1 } },
  unhandled: 0,
  interrupted: false,
};

describe("verdict", () => {
  it("sums the projects", () => {
    const projects = { ...passing.projects, types: { passed: 2, failed: 1, skipped: 0 } };
    expect(verdict({ ...passing, projects }, { code: 1, expected: [] })).toEqual({
      passed: 5,
      failed: 1,
      skipped: 1,
      reasons: [],
    });
  });

  it("passes what passed", () => {
    expect(verdict(passing, { code: 0, expected: ["unit"] }).failed).toBe(0);
  });

  it("fails a run without tests", () => {
    const nothing = { projects: {}, unhandled: 0, interrupted: false };
    expect(verdict(nothing, { code: 0, expected: [] })).toMatchObject({
      failed: 1,
      reasons: ["no test ran"],
    });
  });

  it("fails a run in which every test was skipped", () => {
    const skipped = { ...passing, projects: { unit: { passed: 0, failed: 0, skipped: 4 } } };
    expect(verdict(skipped, { code: 0, expected: [] }).failed).toBe(1);
  });

  it("fails when a project that is expected has no tests", () => {
    expect(verdict(passing, { code: 0, expected: ["unit", "browser"] })).toMatchObject({
      failed: 1,
      reasons: ['no test ran in the project "browser"'],
    });
  });

  it("counts an error outside of any test as a failure", () => {
    expect(verdict({ ...passing, unhandled: 2 }, { code: 1, expected: [] }).failed).toBe(2);
  });

  it("fails when the run was interrupted", () => {
    expect(verdict({ ...passing, interrupted: true }, { code: 130, expected: [] }).failed).toBe(1);
  });

  it("fails when the run ended before it could report", () => {
    expect(verdict(undefined, { code: 1, expected: [] }).failed).toBeGreaterThan(0);
  });

  it("fails when vitest failed for a reason that no count shows", () => {
    expect(verdict(passing, { code: 1, expected: [] })).toMatchObject({ failed: 1 });
  });
});
