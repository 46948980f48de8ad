import { MisuseError } from "@eventwire/core";
import { describe, expect, it } from "vitest";
import { isLocal, socketUrl } from "./socket-url.js";

const page = "https://air.example/app/index.html";

it.each([
  ["ws://a.example/bus", "ws://a.example/bus"],
  ["wss://a.example:444/bus?x=1", "wss://a.example:444/bus?x=1"],
  ["http://a.example/bus", "ws://a.example/bus"],
  ["https://a.example/bus#part", "wss://a.example/bus"],
  ["/eventwire", "wss://air.example/eventwire"],
  ["live", "wss://air.example/app/live"],
])("makes of %s what a WebSocket takes", (url, expected) => {
  expect(socketUrl(url, page).href).toBe(expected);
  if (!/^\w+:/.test(url)) expect(() => socketUrl(url)).toThrow(/is not a URL/);
});

it.each(["ftp://a.example", "javascript:alert(1)", "ws://", "//", ""])("refuses %j without a page", (url) => {
  expect(() => socketUrl(url)).toThrow(MisuseError);
});

it("refuses credentials, and does not repeat them", () => {
  for (const url of [
    "wss://ann@a.example",
    "wss://:secret@a.example",
    "wss://ann:secret@a.example",
    "ftp://:secret@a.example",
  ]) {
    expect(() => socketUrl(url)).toThrow(/Pass them as \{ auth \}/);
    expect(() => socketUrl(url)).not.toThrow(/secret/);
  }
});

describe("a place that needs no network", () => {
  it.each([
    ["ws://localhost:3000", true],
    ["ws://127.0.0.1", true],
    ["ws://[::1]:80", true],
    ["ws://localhost.example", false],
    ["ws://10.0.0.1", false],
  ])("%s: %s", (url, local) => {
    expect(isLocal(new URL(url))).toBe(local);
  });
});
