import {
  AbortedError,
  ClosedError,
  DeclaredError,
  DeniedError,
  DisconnectedError,
  type EventwireError,
  InternalError,
  InvalidError,
  NoHandlerError,
  OverflowError,
  TimeoutError,
  UnavailableError,
  UnsupportedError,
} from "@eventwire/core";
import { OutcomeUnknownError } from "@eventwire/core/attach";
import { describe, expect, it } from "vitest";
import { fromFailure, isFailure, toFailure } from "./failure.js";

describe("toFailure", () => {
  it.each([
    ["an error", new Error("password=hunter2")],
    ["a text", "password=hunter2"],
    ["an object that looks like an error", { code: "Denied", message: "password=hunter2" }],
    ["nothing", undefined],
    ["an error of a handler", new InternalError("room.size", new Error("password=hunter2"))],
    ["an aborted one", new AbortedError("room.size", "password=hunter2")],
    [
      "what a schema threw",
      new InvalidError("a", [{ message: "password=hunter2", path: [] }], new Error("x")),
    ],
  ])("says nothing of what is inside %s", (_, error) => {
    expect(JSON.stringify(toFailure(error))).not.toContain("hunter2");
  });

  it("carries neither stack nor cause", () => {
    const failure = toFailure(new DeniedError("No.", { name: "a", cause: new Error("inside") }));
    expect(failure).toStrictEqual({ code: "Denied", message: "No." });
  });

  it("bounds the number, the words and the path of issues, for they may repeat what was sent", () => {
    const long = "x".repeat(100_000);
    const path = Array<string>(1_000).fill(long);
    const issues = Array.from({ length: 1_000 }, () => ({ message: long, path }));
    const failure = toFailure(new InvalidError("a", issues));
    expect(failure.issues).toHaveLength(16);
    expect(JSON.stringify(failure).length).toBeLessThan(30_000);
    expect(isFailure(failure)).toBe(true);
  });
});

describe("fromFailure", () => {
  it.each<EventwireError>([
    new AbortedError("a", "why"),
    new DeniedError("No.", { name: "a" }),
    new DisconnectedError("No.", { name: "a" }),
    new InternalError("a"),
    new InvalidError("a", [{ message: "No.", path: ["b", 0] }]),
    new NoHandlerError("a"),
    new OverflowError("No.", { name: "a" }),
    new OutcomeUnknownError("a", "the server does not know"),
    new TimeoutError("a"),
    new UnavailableError("No.", { name: "a" }),
    new UnsupportedError("No.", { name: "a" }),
  ])("gives a $code error back as what it was", (error) => {
    const again = fromFailure(toFailure(error), "a");
    expect(again).toBeInstanceOf(error.constructor);
    expect(again).toMatchObject({ code: error.code, message: error.message, about: "a" });
  });

  it.each([new ClosedError("x"), new DeclaredError("a", "Own", 1)])(
    "takes $code, which is not its own, for internal",
    (error) => {
      expect(fromFailure(toFailure(error), "a")).toMatchObject({ code: "Internal" });
    },
  );

  it("makes issues of an invalid one that has none", () => {
    expect(fromFailure({ code: "Invalid", message: "No." }, "a")).toMatchObject({
      issues: [{ message: "No." }],
    });
  });
});
