import { describe, expect, it } from "vitest";
import * as core from "../index.js";

const { EventwireError, GapError, InternalError, InvalidError, ListenerError, TimeoutError } = core;

describe("an Eventwire error", () => {
  it("is known also where another copy of the package made it", () => {
    const foreign = Object.assign(new Error("x"), { [Symbol.for("eventwire.error")]: true });
    expect(EventwireError.is(foreign)).toBe(true);
    expect(EventwireError.is(new TimeoutError("a", 1))).toBe(true);
    for (const other of [new Error("x"), undefined, null, "Timeout", { code: "Timeout" }]) {
      expect(EventwireError.is(other)).toBe(false);
    }
  });

  it("is named after its code, whatever a minifier makes of its class", () => {
    const minified = class e extends EventwireError {
      readonly code = "Lost";
    };
    expect(new minified("x").name).toBe("LostError");
    expect(String(new minified("x"))).toBe("LostError: x");
    expect(new core.DeclaredError("a", "NoRoom", {}).name).toBe("NoRoomError");
    expect(new core.ListenerError("a", "id", "cause").name).toBe("ListenerFailedError");
  });

  it("is an Error with its name, what it is about and its cause", () => {
    const cause = new Error("below");
    const error = new InternalError("room.size", cause);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("InternalError");
    expect(error.about).toBe("room.size");
    expect(error.cause).toBe(cause);
    expect(String(error)).toBe('InternalError: The handler of "room.size" failed.');
    expect(Object.hasOwn(new InternalError("room.size"), "cause")).toBe(false);
  });

  it("says by class whether the same call may succeed later", () => {
    const made = [
      new core.AbortedError("a", "reason"),
      new core.ClosedError("a"),
      new core.DeclaredError("a", "NoRoom", {}),
      new core.DeniedError("a"),
      new core.DisconnectedError("a"),
      new GapError({ name: "a", key: undefined, reason: "overflow", missed: 1 }),
      new InternalError("a"),
      new InvalidError("a", []),
      new ListenerError("a", "id", "cause"),
      new core.MisuseError("a"),
      new core.NoHandlerError("a"),
      new core.OverflowError("a"),
      new TimeoutError("a", 1),
      new core.UnsupportedError("a"),
    ];
    expect(Object.fromEntries(made.map(({ code, retryable }) => [code, retryable]))).toEqual({
      Aborted: false,
      Closed: false,
      NoRoom: false,
      Denied: false,
      Disconnected: true,
      Gap: false,
      Internal: false,
      Invalid: false,
      ListenerFailed: false,
      Misuse: false,
      NoHandler: true,
      Overflow: true,
      Timeout: true,
      Unsupported: false,
    });
  });

  it("says what happened, to which message, and what to do", () => {
    expect(new TimeoutError("room.size", 50).message).toBe(
      '"room.size" was not answered within 50 ms. Pass { timeout } to wait longer.',
    );
    const gap = new GapError({ name: "room.opened", key: "a", reason: "overflow", missed: 3 });
    expect(gap.message).toBe(
      'A listener of "room.opened" missed 3 event(s) (overflow). Pass { onGap } to react, or listen with less work per event.',
    );
  });
});
