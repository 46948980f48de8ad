import { expect, it } from "vitest";
import { parseOptions } from "./options.js";

it("runs a thousand seeds from 1 on when nothing is said", () => {
  expect(parseOptions([])).toEqual({ seed: 1, seeds: 1_000, json: undefined });
});

it("replays a seed that is named alone, and begins with it where a number is said too", () => {
  expect(parseOptions(["--seed", "7"])).toMatchObject({ seed: 7, seeds: undefined });
  expect(parseOptions(["--seed", "7", "--seeds", "3", "--json", "out.json"])).toEqual({
    seed: 7,
    seeds: 3,
    json: "out.json",
  });
});

it.each([["--seeds", "0"], ["--seeds", "1.5"], ["--seed", "-1"], ["--seed", ""], ["--sed", "1"], ["7"]])(
  "refuses %s %s",
  (...commandLine) => {
    expect(() => parseOptions(commandLine.filter((word) => word !== undefined))).toThrow();
  },
);
