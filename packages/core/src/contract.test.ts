import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { maySend } from "./contract.js";
import { defineContract, event, MisuseError, request, task, unchecked } from "./index.js";
import { requestFailureCodes } from "./reply.js";

const definition = event<string>();

describe("defineContract", () => {
  it("keeps the definitions, so that contracts compose", () => {
    const rooms = defineContract({ "room.opened": definition });
    const chat = defineContract({ "chat.said": definition });
    const both = defineContract({ ...rooms.definitions, ...chat.definitions });
    expect(Object.keys(both.definitions)).toEqual(["room.opened", "chat.said"]);
    expect(both.definitions["room.opened"]).toBe(definition);
  });

  it.each([["a"], ["room.opened"], ["a.b.c.d"], ["Room_1.opened-twice"], ["x".repeat(128)]])(
    "takes %s",
    (name) => {
      expect(() => defineContract({ [name]: definition })).not.toThrow();
    },
  );

  it.each([
    [""],
    ["."],
    [".a"],
    ["a."],
    ["a..b"],
    ["a b"],
    ["a.*"],
    ["*"],
    ["a/b"],
    ["zürich.opened"],
    ["a\n"],
    ["x".repeat(129)],
  ])("refuses %o", (name) => {
    const define = () => defineContract({ [name]: definition });
    expect(define).toThrow(MisuseError);
    expect(define).toThrow(`"${name}" cannot name a message`);
  });

  it("takes exactly the names that are words joined by dots", () => {
    const word = /^[A-Za-z0-9_-]+$/;
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "Z", "9", "-", "_", ".", "*", " ", "é") }),
        (name) => {
          const taken = name.length <= 128 && name.split(".").every((part) => word.test(part));
          if (taken) defineContract({ [name]: definition });
          else expect(() => defineContract({ [name]: definition })).toThrow(MisuseError);
        },
      ),
    );
  });
});

describe("definitions", () => {
  it("have the documented defaults", () => {
    expect(event<string>()).toMatchObject({
      kind: "event",
      delivery: "live",
      from: "server",
      key: undefined,
      overflow: "drop-oldest",
    });
    expect(task(unchecked<string>())).toMatchObject({
      kind: "task",
      from: "both",
      key: undefined,
      attempts: 1,
    });
    const asked = request({ input: unchecked<string>(), output: unchecked<string>() });
    expect(asked).toMatchObject({ kind: "request", from: "both", errors: {} });
  });

  it("keep what they are told", () => {
    const schema = z.string();
    const key = (text: string) => text;
    expect(event(schema, { delivery: "volatile", from: "client", key, overflow: "disconnect" })).toEqual({
      kind: "event",
      schema,
      delivery: "volatile",
      from: "client",
      key,
      overflow: "disconnect",
    });
    expect(task(schema, { from: "server", key, attempts: 5, backoff: { initial: 50 } })).toEqual({
      kind: "task",
      schema,
      from: "server",
      key,
      attempts: 5,
      backoff: { initial: 50, max: 3_600_000 },
      result: undefined,
      keep: 0,
      concurrency: undefined,
      rate: undefined,
    });
    const errors = { NoRoom: schema };
    expect(request({ input: schema, output: schema, errors, from: "server" })).toEqual({
      kind: "request",
      input: schema,
      output: schema,
      errors,
      from: "server",
      by: "server",
      streamed: false,
      idempotent: false,
    });
    expect(request({ input: schema, item: schema, by: "client", idempotent: true })).toEqual({
      kind: "request",
      input: schema,
      output: schema,
      errors: {},
      from: "server",
      by: "client",
      streamed: true,
      idempotent: true,
    });
  });

  it("refuses an event whose overflow is none", () => {
    const define = () => event(unchecked<string>(), { overflow: "drop" as never });
    expect(define).toThrow(MisuseError);
    expect(define).toThrow('"drop" is no overflow of an event: use drop-oldest, drop-newest, disconnect.');
  });

  it("refuses a request with output and items, with neither, and one that clients ask of clients", () => {
    const schema = unchecked<string>();
    const both = { input: schema, output: schema, item: schema };
    expect(() => request(both as never)).toThrow("A request has an output, or items, and not both.");
    expect(() => request({ input: schema } as never)).toThrow(MisuseError);
    const asked = { input: schema, output: schema, by: "client", from: "both" };
    expect(() => request(asked as never)).toThrow('leave out "from"');
  });

  it.each([...requestFailureCodes])("refuses a declared error named %s", (code) => {
    const schema = unchecked<string>();
    const errors: Record<string, typeof schema> = { Own: schema, [code]: schema };
    const define = () => request({ input: schema, output: schema, errors });
    expect(define).toThrow(MisuseError);
    expect(define).toThrow(`A request cannot declare the error ${code}`);
  });
});

describe("maySend", () => {
  it.each([
    ["server", "server", true],
    ["server", "client", false],
    ["client", "client", true],
    ["client", "server", false],
    ["both", "server", true],
    ["both", "client", true],
  ] as const)("what is from %s may be sent by a %s: %s", (from, side, may) => {
    expect(maySend(from, side)).toBe(may);
  });
});
