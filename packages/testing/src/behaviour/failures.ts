import { ListenerError } from "@eventwire/core";
import { expect } from "vitest";
import type { Scenario } from "./behaviour-cases.js";

/** That what fails is told to who can do something about it, and disturbs nobody else. */
export function testFailures(scenario: Scenario): void {
  scenario("a listener that throws or rejects disturbs nobody, and onError is told", async (stage) => {
    const client = stage.client();
    const seen: number[] = [];
    const failure = new Error("the listener is broken");
    client.bus.on("number.counted", () => {
      throw failure;
    });
    client.bus.on("number.counted", () => Promise.reject(failure));
    client.bus.on("number.counted", (count) => seen.push(count));
    await stage.settle();
    stage.server.bus.emit("number.counted", 1);
    for (let listener = 0; listener < 2; listener++) {
      const error = await stage.expectError(client, "ListenerFailed");
      expect(error).toBeInstanceOf(ListenerError);
      expect(error).toMatchObject({ about: "number.counted", cause: failure });
    }
    await stage.becomes(() => seen, [1]);
  });

  scenario("a server's listener that throws does not refuse what a client emitted", async (stage) => {
    const client = stage.client();
    const seen: string[] = [];
    stage.server.bus.on("note.added", () => {
      throw new Error("the server's listener is broken");
    });
    stage.server.bus.on("note.added", (note) => seen.push(note));
    await stage.settle();
    client.bus.emit("note.added", "one");
    await stage.expectError(stage.server, "ListenerFailed");
    await stage.becomes(() => seen, ["one"]);
  });
}
