import { expect } from "vitest";
import type { Scenario } from "./behaviour-cases.js";
import type { BehaviourFeatures } from "./harness.js";
import { rejection } from "./stage.js";

/** What a server asks of one client, where there is a server and a client. */
export function testRequestsToClients(scenario: Scenario, { boundary }: BehaviourFeatures): void {
  if (!boundary) return;

  scenario("a client answers what the server asks of it", async (stage) => {
    const client = stage.client();
    client.bus.handle("note.approval", async (note, { peer }) => [note, peer?.id]);
    await stage.settle();
    expect(await stage.peers.request("note.approval", "yours")).toEqual(["yours", "server"]);
    const notes = Array.from({ length: 100 }, (_, index) => `note ${index}`);
    const answers = await Promise.all(notes.map((note) => stage.peers.request("note.approval", note)));
    expect(answers).toEqual(notes.map((note) => [note, "server"]));
  });

  scenario("a client's declared error arrives with its detail, another without its text", async (stage) => {
    const client = stage.client();
    client.bus.handle("note.approval", (note, { error }) => {
      throw note === "lost" ? error("NoteLost", { note }) : new Error("the password is swordfish");
    });
    await stage.settle();
    expect(await rejection(stage.peers.request("note.approval", "lost"))).toMatchObject({
      code: "NoteLost",
      detail: { note: "lost" },
    });
    const error = await rejection(stage.peers.request("note.approval", "other"));
    expect(error.code).toBe("Internal");
    expect(error.message).not.toContain("swordfish");
    await stage.expectError(client, "Internal");
  });

  scenario("what a client does not handle is NoHandler, and nobody there Disconnected", async (stage) => {
    await stage.settle();
    expect(await rejection(stage.peers.request("note.approval", "x"))).toMatchObject({
      code: "Disconnected",
    });
    stage.client();
    await stage.settle();
    expect(await rejection(stage.peers.request("note.approval", "x"))).toMatchObject({ code: "NoHandler" });
  });

  scenario("a request to a client whose time is up is Timeout, and its handler is told", async (stage) => {
    const client = stage.client();
    let aborted = 0;
    client.bus.handle("note.approval", (_, { signal }) => {
      return new Promise((resolve) =>
        signal.addEventListener("abort", () => {
          aborted += 1;
          resolve("too late");
        }),
      );
    });
    await stage.settle();
    const late = stage.peers.request("note.approval", "x", { timeout: stage.patience / 10 });
    expect(await rejection(late)).toMatchObject({ code: "Timeout" });
    await stage.becomes(() => aborted, 1);
  });

  scenario("a client streams its answer, which ends with the server's loop", async (stage) => {
    const client = stage.client();
    let ended = 0;
    client.bus.handle("note.lines", async function* (note) {
      try {
        for (let line = 0; ; line++) yield `${note} ${line}`;
      } finally {
        ended += 1;
      }
    });
    await stage.settle();
    const lines: string[] = [];
    for await (const line of stage.peers.request("note.lines", "a")) if (lines.push(line) === 40) break;
    expect(lines).toEqual(Array.from({ length: 40 }, (_, line) => `a ${line}`));
    await stage.becomes(() => ended, 1);
  });

  scenario(
    "what the server asks is checked before it leaves, and the answer before it is sent",
    async (stage) => {
      const client = stage.client();
      let calls = 0;
      client.bus.handle("note.lines", () => {
        calls += 1;
        return [7 as unknown as string];
      });
      await stage.settle();
      const ask = (note: unknown) => stage.peers.request("note.lines", note as string).next();
      expect(await rejection(ask(7))).toMatchObject({ code: "Invalid", about: "note.lines" });
      expect(calls).toBe(0);
      expect(await rejection(ask("a"))).toMatchObject({ code: "Internal" });
      await stage.expectError(client, "Invalid");
    },
  );
}
