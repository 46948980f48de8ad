import { describe, expect, it } from "vitest";
import { parseWorkOptions } from "./options.js";

describe("What is asked of work under chaos", () => {
  it("is a hundred workers and five hubs killed over ten thousand tasks", () => {
    expect(parseWorkOptions(["--seed", "7"])).toEqual({
      ...{ tasks: 10_000, kills: 100, hubKills: 5, seed: 7, json: undefined, plant: undefined },
    });
  });

  it("is what the command line says", () => {
    const line = "--tasks 9 --kills 8 --hub-kills 7 --seed 6 --json a.json --plant keys-at-once";
    expect(parseWorkOptions(line.split(" "))).toEqual({
      ...{ tasks: 9, kills: 8, hubKills: 7, seed: 6, json: "a.json", plant: "keys-at-once" },
    });
  });

  it.each([
    ["--tasks 0", /^--tasks: a whole number of at least 1/],
    ["--hub-kills x", /^--hub-kills: a whole number/],
    ["--plant none", /^--plant: one of enqueued-before-commit,/],
    ["--what 1", /Unknown option/],
  ])("is refused where it makes no sense: %s", (line, because) => {
    expect(() => parseWorkOptions(line.split(" "))).toThrow(because);
  });
});
