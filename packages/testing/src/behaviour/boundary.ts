import { InvalidError } from "@eventwire/core";
import { expect } from "vitest";
import type { Scenario } from "./behaviour-cases.js";
import type { BehaviourFeatures } from "./harness.js";
import { rejection } from "./stage.js";

/** What is checked where a message leaves one process for another, and that nothing is where it does not. */
export function testBoundary(scenario: Scenario, { boundary }: BehaviourFeatures): void {
  if (boundary) testBetweenProcesses(scenario);
  else testWithinOne(scenario);
}

const noText = 7 as unknown as string;

function testBetweenProcesses(scenario: Scenario): void {
  scenario(
    "an invalid event of a client is refused: it is told, and nobody else hears of it",
    async (stage) => {
      const emitter = stage.client();
      const other = stage.client();
      const seen: unknown[] = [];
      stage.server.bus.on("note.added", (note) => seen.push(note));
      other.bus.on("note.added", (note) => seen.push(note));
      await stage.settle();
      emitter.bus.emit("note.added", noText);
      emitter.bus.emit("note.added", "valid");
      const error = await stage.expectError(emitter, "Invalid");
      expect(error).toMatchObject({
        about: "note.added",
        issues: [{ message: "expected a text, got number" }],
      });
      await stage.becomes(() => seen, ["valid", "valid"]);
    },
  );

  scenario("an invalid event of the server does not leave it, and the server learns why", async (stage) => {
    const client = stage.client();
    const seen: unknown[] = [];
    client.bus.on("note.added", (note) => seen.push(note));
    await stage.settle();
    stage.server.bus.emit("note.added", noText);
    stage.server.bus.emit("note.added", "valid");
    await stage.expectError(stage.server, "Invalid");
    await stage.becomes(() => seen, ["valid"]);
  });

  scenario("only what a schema returns goes on", async (stage) => {
    const client = stage.client();
    const seen: unknown[] = [];
    stage.server.bus.on("shout.made", (shout) => seen.push(shout));
    await stage.settle();
    const shout = { room: "a", text: "hello", smuggled: true };
    client.bus.emit("shout.made", shout);
    await stage.becomes(() => seen, [{ room: "a", text: "hello" }]);
  });

  scenario("an invalid input is Invalid, with issues, and reaches no handler", async (stage) => {
    const client = stage.client();
    let calls = 0;
    stage.server.bus.handle("division.result", () => ++calls);
    await stage.settle();
    const input = { dividend: "six" as unknown as number, divisor: 3 };
    const error = await rejection(client.bus.request("division.result", input));
    expect(error).toBeInstanceOf(InvalidError);
    expect(error).toMatchObject({ issues: [{ message: "expected a number, got string" }] });
    expect(calls).toBe(0);
  });

  scenario("an invalid answer is Internal for who asked, and the server learns why", async (stage) => {
    const client = stage.client();
    stage.server.bus.handle("division.result", () => "two" as unknown as number);
    await stage.settle();
    const error = await rejection(client.bus.request("division.result", { dividend: 6, divisor: 3 }));
    expect(error.code).toBe("Internal");
    await stage.expectError(stage.server, "Invalid");
  });

  scenario(
    "what led to an event of a client is told to the server, as the word of a client",
    async (stage) => {
      const client = stage.client();
      const causes: unknown[] = [];
      client.bus.on("note.added", () => client.bus.emit("note.shared.widely", "x"));
      client.bus.on("note.shared.widely", (_, { cause }) => {
        causes.push(cause.map(({ name, untrusted }) => [name, untrusted]));
        client.bus.emit("value.changed", "y");
      });
      stage.server.bus.on("value.changed", (_, { cause }) => {
        causes.push(cause.map(({ name, untrusted }) => [name, untrusted]));
        stage.server.bus.emit("number.counted", 1);
      });
      stage.server.bus.on("number.counted", () => {
        throw new Error("broken");
      });
      await stage.settle();
      client.bus.emit("note.added", "begins");
      await stage.becomes(
        () => causes,
        [
          [["note.added", undefined]],
          [
            ["note.shared.widely", true],
            ["note.added", true],
          ],
        ],
      );
      const { message } = await stage.expectError(stage.server, "ListenerFailed");
      expect(message).toMatch(
        /\(caused by value\.changed \S+ \(untrusted\) <- note\.shared\.widely \S+ \(untrusted\) <- note\.added \S+ \(untrusted\)\)/,
      );
    },
  );

  scenario(
    "what led to a request of a client is told to its handler, as the word of a client",
    async (stage) => {
      const client = stage.client();
      const causes: unknown[] = [];
      stage.server.bus.handle("value.echo", (value, { cause }) => {
        causes.push(cause);
        if (value === "fails") throw new Error("broken");
        return value;
      });
      const asked: { readonly id: string; readonly reply: Promise<unknown> }[] = [];
      client.bus.on("note.added", (note, { id }) => {
        asked.push({ id, reply: client.bus.request("value.echo", note).result() });
      });
      await stage.settle();
      client.bus.emit("note.added", "fails");
      const [{ id, reply }] = asked as [(typeof asked)[0]];
      expect(await reply).toMatchObject({ ok: false, error: { code: "Internal" } });
      expect(causes).toEqual([[{ id, name: "note.added", kind: "event", untrusted: true }]]);
      const { message } = await stage.expectError(stage.server, "Internal");
      expect(message).toContain(`(caused by note.added ${id} (untrusted))`);
    },
  );

  scenario("what led to an event of the server stays there", async (stage) => {
    const client = stage.client();
    const causes: unknown[] = [];
    client.bus.on("number.counted", (_, { cause }) => causes.push(cause));
    stage.server.bus.on("value.changed", () => stage.server.bus.emit("number.counted", 1));
    await stage.settle();
    stage.server.bus.emit("value.changed", "x");
    await stage.becomes(() => causes, [[]]);
  });

  scenario("an event without a schema is refused", async (stage) => {
    const client = stage.client();
    const seen: unknown[] = [];
    const refused = await rejection(client.bus.on("thought.passed", (thought) => seen.push(thought)).ready);
    expect(refused).toMatchObject({ code: "Unsupported", about: "thought.passed" });
    await stage.settle();
    stage.server.bus.emit("thought.passed", { about: "x" });
    await stage.becomes(() => seen, []);
  });

  scenario("data that cannot be sent is refused where it was emitted, and others go on", async (stage) => {
    const client = stage.client();
    const seen: unknown[] = [];
    client.bus.on("value.changed", (value) => seen.push(value));
    await stage.settle();
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    for (const value of [() => 1, Symbol("s"), cycle]) {
      stage.server.bus.emit("value.changed", value);
      await stage.expectError(stage.server, "Invalid");
    }
    stage.server.bus.emit("value.changed", "valid");
    await stage.becomes(() => seen, ["valid"]);
  });
}

function testWithinOne(scenario: Scenario): void {
  scenario("within a process nothing is checked, for there is nobody to mistrust", async (stage) => {
    const client = stage.client();
    const seen: unknown[] = [];
    client.bus.on("note.added", (note) => seen.push(note));
    stage.server.bus.emit("note.added", noText);
    await stage.becomes(() => seen, [7]);
    stage.server.bus.handle("division.result", ({ dividend }) => dividend);
    const input = { dividend: "six" as unknown as number, divisor: 3 };
    expect(await client.bus.request("division.result", input)).toBe("six");
  });

  scenario("within a process an event without a schema is as good as others", async (stage) => {
    const client = stage.client();
    const seen: unknown[] = [];
    await client.bus.on("thought.passed", (thought) => seen.push(thought)).ready;
    stage.server.bus.emit("thought.passed", { about: "x" });
    await stage.becomes(() => seen, [{ about: "x" }]);
  });
}
