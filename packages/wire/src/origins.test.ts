import type { LinkFacts } from "@eventwire/core";
import { expect, it } from "vitest";
import { allowsOrigin, type Origins } from "./origins.js";

const allows = (origins: Origins | undefined, headers?: LinkFacts["headers"]) =>
  allowsOrigin(origins, { transport: "test", maxFrameBytes: 1, reliable: true, headers });

it("leaves to authentication what was opened by no page", () => {
  expect(allows(undefined)).toBe(true);
  expect(allows([], { host: "a.example" })).toBe(true);
});

it.each([
  ["same-origin", true],
  ["none", true],
  ["same-site", false],
  ["cross-site", false],
  ["none, cross-site", false],
])("where a browser sent no origin, takes its word that the page was %s", (site, allowed) => {
  const headers = { "sec-fetch-site": site, host: "a.example" };
  expect(allows(undefined, headers)).toBe(allowed);
  expect(allows(["https://a.example"], headers)).toBe(allowed);
  expect(allows(() => true, headers)).toBe(allowed);
  expect(allows("*", headers)).toBe(true);
});

it.each([
  ["https://a.example", "a.example", true],
  ["https://a.example:444", "a.example:444", true],
  ["https://A.example", "a.EXAMPLE", true],
  ["https://a.example:444", "a.example", false],
  ["https://a.example.evil", "a.example", false],
  ["https://evil/a.example", "a.example", false],
  ["https://a.example@evil", "a.example", false],
  ["null", "a.example", false],
  ["", "", false],
])("by default compares %s with the host %s", (origin, host, allowed) => {
  expect(allows(undefined, { origin, host })).toBe(allowed);
});

it("denies by default where there is no host, or more than one origin", () => {
  expect(allows(undefined, { origin: "https://a.example" })).toBe(false);
  expect(allows("*", { origin: ["https://a.example", "https://b.example"] })).toBe(false);
});

it("allows exactly the origins listed", () => {
  const origins = ["https://a.example"];
  expect(allows(origins, { origin: "https://a.example", host: "b" })).toBe(true);
  for (const origin of ["https://b.example", "https://a", "http://a.example", "null"]) {
    expect(allows(origins, { origin, host: "b.example" })).toBe(false);
  }
});

it("allows no part of a text that stands in the place of a list", () => {
  const origins = "https://a.example" as unknown as Origins;
  expect(allows(origins, { origin: "https://a" })).toBe(false);
});

it("asks a function, and takes nothing but true for yes", () => {
  const headers = { origin: "https://a.example" };
  expect(allows((origin) => origin.endsWith(".example"), headers)).toBe(true);
  expect(allows(() => false, headers)).toBe(false);
  expect(allows((() => Promise.resolve(false)) as unknown as Origins, headers)).toBe(false);
});

it("allows every page where told so", () => {
  expect(allows("*", { origin: "null" })).toBe(true);
});
