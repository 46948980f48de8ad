import { expect, it } from "vitest";
import { parseOptions } from "./options.js";

it("reads suites with commas or spaces between them", () => {
  expect(parseOptions(["emit,queue", "wire"]).suites).toEqual(["emit", "queue", "wire"]);
});

it("reads every option", () => {
  const line = [
    "emit",
    "--json",
    "out.json",
    "--full",
    "--handicap",
    "--without",
    "rxjs",
    "--without",
    "mitt,tseep",
    "--row",
    "burst of 100, down",
    "--rounds",
    "2",
  ];
  expect(parseOptions(line)).toEqual({
    suites: ["emit"],
    json: "out.json",
    full: true,
    handicap: true,
    without: ["rxjs", "mitt", "tseep"],
    rows: ["burst of 100, down"],
    rounds: 2,
  });
});

it("refuses an option that it does not know, so that a typing error changes no report", () => {
  expect(() => parseOptions(["emit", "--handicapped"])).toThrow("--handicapped");
});

it("refuses to measure in no round", () => {
  expect(() => parseOptions(["emit", "--rounds", "0"])).toThrow("--rounds");
});
