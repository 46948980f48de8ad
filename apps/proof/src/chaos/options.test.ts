import { expect, it } from "vitest";
import { parseOptions } from "./options.js";

it("kills fifty times when nothing is said", () => {
  expect(parseOptions([])).toMatchObject({ kills: 50, json: undefined, plant: undefined });
});

it("takes a number of kills, a seed, a file and a bug to plant", () => {
  const commandLine = ["--kills", "7", "--seed", "3", "--json", "out.json", "--plant", "unfenced-producer"];
  expect(parseOptions(commandLine)).toEqual({
    kills: 7,
    seed: 3,
    json: "out.json",
    plant: "unfenced-producer",
  });
});

it.each([
  ["--kills", "0"],
  ["--kills", "1.5"],
  ["--seed", "-1"],
  ["--plant", "weeds"],
  ["--kils", "1"],
  ["7"],
])("refuses %s %s", (...commandLine) => {
  expect(() => parseOptions(commandLine.filter((word) => word !== undefined))).toThrow();
});

it("says where a missing sync is found out", () => {
  expect(() => parseOptions(["--plant", "synchronous-off"])).toThrow("fsync.test.ts");
});
