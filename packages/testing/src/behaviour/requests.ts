import { DeclaredError } from "@eventwire/core";
import { expect } from "vitest";
import type { Scenario } from "./behaviour-cases.js";
import type { BehaviourFeatures } from "./harness.js";
import { rejection, type Stage } from "./stage.js";

/** Questions to one handler, and everything that can become of them. */
export function testRequests(scenario: Scenario, { boundary }: BehaviourFeatures): void {
  scenario("a request is answered by the handler", async (stage) => {
    const client = stage.client();
    divide(stage);
    await stage.settle();
    expect(await client.bus.request("division.result", { dividend: 6, divisor: 3 })).toBe(2);
    expect(await client.bus.request("division.result", { dividend: 1, divisor: 2 }).result()).toEqual({
      ok: true,
      value: 0.5,
    });
  });

  scenario("a declared error arrives with its detail, thrown or as a result", async (stage) => {
    const client = stage.client();
    divide(stage);
    await stage.settle();
    const impossible = { dividend: 6, divisor: 0 };
    const error = await rejection(client.bus.request("division.result", impossible));
    expect(error).toBeInstanceOf(DeclaredError);
    expect(error).toMatchObject({
      code: "DivisionByZero",
      detail: { dividend: 6 },
      about: "division.result",
    });
    const outcome = await client.bus.request("division.result", impossible).result();
    if (outcome.ok || outcome.error.code !== "DivisionByZero") return expect.fail("it did not fail so");
    expect(outcome.error.detail.dividend).toBe(6);
  });

  scenario(
    "an undeclared error arrives as Internal, and without its text where it crosses a boundary",
    async (stage) => {
      const client = stage.client();
      const secret = new Error("the password is swordfish");
      stage.server.bus.handle("value.echo", () => {
        throw secret;
      });
      await stage.settle();
      const error = await rejection(client.bus.request("value.echo", 1));
      expect(error).toMatchObject({ code: "Internal", about: "value.echo" });
      expect(error.message).not.toContain("swordfish");
      if (boundary) {
        expect(error.cause).toBeUndefined();
        expect(await stage.expectError(stage.server, "Internal")).toMatchObject({ cause: secret });
      } else {
        expect(error.cause).toBe(secret);
      }
    },
  );

  scenario("a request that nobody handles is NoHandler, and may be asked again later", async (stage) => {
    const client = stage.client();
    await stage.settle();
    expect(await rejection(client.bus.request("value.echo", 1))).toMatchObject({
      code: "NoHandler",
      retryable: true,
    });
    const stop = stage.server.bus.handle("value.echo", (value) => value);
    expect(await client.bus.request("value.echo", 1)).toBe(1);
    stop();
    expect(await rejection(client.bus.request("value.echo", 1))).toMatchObject({ code: "NoHandler" });
  });

  scenario("a request whose time is up is Timeout, and its handler is told", async (stage) => {
    const client = stage.client();
    const aborted = untilAborted(stage);
    await stage.settle();
    const error = await rejection(client.bus.request("value.echo", 1, { timeout: 50 }));
    expect(error).toMatchObject({ code: "Timeout", retryable: true, about: "value.echo" });
    await stage.becomes(aborted, 1);
  });

  scenario("a request that its caller aborts is Aborted, and its handler is told", async (stage) => {
    const client = stage.client();
    const controller = new AbortController();
    const aborted = untilAborted(stage, () => controller.abort(new Error("never mind")));
    await stage.settle();
    const error = await rejection(client.bus.request("value.echo", 1, { signal: controller.signal }));
    expect(error).toMatchObject({
      code: "Aborted",
      cause: expect.objectContaining({ message: "never mind" }),
    });
    await stage.becomes(aborted, 1);
  });

  scenario("a thousand requests at once get each its own answer, whatever their order", async (stage) => {
    const client = stage.client();
    const waiting: (() => void)[] = [];
    stage.server.bus.handle("value.echo", (value) => {
      const answer = new Promise((resolve) => waiting.push(() => resolve(value)));
      if (waiting.length === 1_000) for (const give of waiting.reverse()) give();
      return answer;
    });
    await stage.settle();
    const questions = Array.from({ length: 1_000 }, (_, index) => `question ${index}`);
    const answers = await Promise.all(
      questions.map((question) => client.bus.request("value.echo", question)),
    );
    expect(answers).toEqual(questions);
  });

  scenario("two clients that ask at once get each its own answer", async (stage) => {
    const clients = [stage.client(), stage.client()];
    stage.server.bus.handle("value.echo", (value) => value);
    await stage.settle();
    const answers = await Promise.all(
      clients.flatMap(({ bus }, who) => [0, 1, 2].map((index) => bus.request("value.echo", [who, index]))),
    );
    expect(answers).toEqual([0, 1].flatMap((who) => [0, 1, 2].map((index) => [who, index])));
  });

  scenario("a request has one handler", async (stage) => {
    stage.server.bus.handle("value.echo", (value) => value);
    expect(() => stage.server.bus.handle("value.echo", (value) => value)).toThrow(/has a handler already/);
  });
}

function divide({ server }: Stage): void {
  server.bus.handle("division.result", ({ dividend, divisor }, context) => {
    if (divisor === 0) throw context.error("DivisionByZero", { dividend });
    return dividend / divisor;
  });
}

/** Handles by waiting to be told that nobody waits; the result says how often that came. */
function untilAborted({ server }: Stage, begun?: () => void): () => number {
  let aborted = 0;
  server.bus.handle("value.echo", (_, { signal }) => {
    begun?.();
    return new Promise((resolve) => {
      const abort = () => {
        aborted += 1;
        resolve("too late");
      };
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort);
    });
  });
  return () => aborted;
}
