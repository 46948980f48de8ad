import { defineContract, event, request, task, unchecked } from "@eventwire/core";
import { expect, it } from "vitest";
import { isSaying, readSaying } from "./plain-saying.js";

const contract = defineContract({
  "note.added": event(unchecked<string>()),
  "note.send": task(unchecked<string>()),
  "note.count": request({ input: unchecked<string>(), output: unchecked<number>() }),
  "note.list": request({ input: unchecked<string>(), item: unchecked<string>() }),
  connect: event(unchecked<string>()),
  eventwire: event(unchecked<string>()),
});

it("takes the names of the contract and its own two, and nothing else", () => {
  const names = [
    "note.added",
    "note.send",
    "note.count",
    "eventwire:on",
    "eventwire:off",
    "eventwire:result",
  ];
  for (const name of names) expect(isSaying(contract, name), name).toBe(true);
  const others = ["", "note", "constructor", "__proto__", "connect", "eventwire", "eventwire:end", "error"];
  for (const name of others) expect(isSaying(contract, name), name).toBe(false);
});

it("reads events, tasks, requests, and what waits for a result", () => {
  expect(readSaying(contract, "note.added", ["x"])).toEqual({ type: "event", name: "note.added", data: "x" });
  expect(readSaying(contract, "note.added", [])).toMatchObject({ type: "event", data: undefined });
  expect(readSaying(contract, "note.send", ["x"])).toEqual({ type: "enqueue", name: "note.send", data: "x" });
  expect(readSaying(contract, "eventwire:result", ["x"])).toMatchObject({ type: "result", data: "x" });
  expect(readSaying(contract, "note.count", ["x"])).toEqual({
    type: "request",
    name: "note.count",
    data: "x",
  });
});

it("refuses what is answered by a stream, and more than one value", () => {
  expect(readSaying(contract, "note.list", ["x"])).toMatchObject({ type: "refused", code: "Unsupported" });
  expect(readSaying(contract, "note.added", ["x", "y"])).toMatchObject({ type: "refused", code: "Invalid" });
});

it("reads what is listened to, with or without options and a key", () => {
  const all = { type: "on", name: "note.added", key: undefined };
  for (const options of [[], [undefined], [null], [{}], [{ key: undefined }]]) {
    expect(readSaying(contract, "eventwire:on", ["note.added", ...options])).toEqual(all);
  }
  expect(readSaying(contract, "eventwire:on", ["x", { key: 0 }])).toEqual({ type: "on", name: "x", key: 0 });
  expect(readSaying(contract, "eventwire:off", ["x", { key: "" }])).toEqual({
    type: "off",
    name: "x",
    key: "",
  });
});

it("never takes a malformed key for all keys", () => {
  for (const key of [null, true, {}, ["a"]]) {
    expect(readSaying(contract, "eventwire:on", ["x", { key }])).toMatchObject({
      type: "refused",
      code: "Invalid",
    });
  }
  for (const values of [["x", "key"], ["x", ["key"]], ["x", {}, {}], [], [5], [null]]) {
    expect(readSaying(contract, "eventwire:on", values)).toMatchObject({ type: "refused", code: "Invalid" });
  }
});

it("refuses to listen to a name by which Socket.IO tells something else", () => {
  for (const name of ["connect", "disconnect", "connect_error", "eventwire"]) {
    expect(readSaying(contract, "eventwire:on", [name, {}])).toMatchObject({
      type: "refused",
      code: "Unsupported",
    });
  }
});
