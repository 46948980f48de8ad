import type { Inspection } from "@eventwire/core";
import { describe, expect, it } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";
import { serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";

const lost = { code: "Lost", message: "It was lost.", retryable: true };

describe("an observer of a served bus", () => {
  it("is told of a link from its welcome to its end, and of no link that was not welcomed", async () => {
    const { bus, hub, source, connect } = serveBuilding();
    const told: Inspection[] = [];
    bus.inspect((inspection) => told.push(inspection));
    source.give().close(lost);
    const link = await connect();
    const [peer] = hub.peers();
    link.close(lost);
    expect(told).toEqual([
      { type: "link.opened", peer, transport: "fake" },
      { type: "link.closed", peer, transport: "fake", reason: lost },
    ]);
  });

  it("is told of a peer's request, and what its handler emits was caused by the peer's word", async () => {
    const { bus, hub, connect } = serveBuilding();
    const told: Inspection[] = [];
    const link = await connect();
    const [peer] = hub.peers();
    bus.handle("room.size", async () => {
      await undefined;
      bus.emit("room.opened", { room: "a", at: new Date(0) });
      return 3;
    });
    bus.inspect((inspection) => told.push(inspection));
    link.arrive(["request", 1, "room.size", 1_000, "a"]);
    await settle();
    const request = { name: "room.size", input: "a", peer, cause: [] };
    expect(told).toMatchObject([
      { type: "request.asked", request },
      {
        type: "emitted",
        message: { name: "room.opened", cause: [{ name: "room.size", kind: "request", untrusted: true }] },
      },
      { type: "delivered" },
      { type: "request.answered", request, output: 3 },
    ]);
  });
});

describe("an observer of a client's bus", () => {
  it("is told of its links, and of its own end", async () => {
    const { bus, welcome } = startBuildingClient();
    const told: Inspection[] = [];
    bus.inspect((inspection) => told.push(inspection));
    (await welcome()).close(lost);
    await welcome();
    await bus.close();
    const peer = { id: "server", user: undefined };
    expect(told.filter(({ type }) => type.startsWith("link."))).toMatchObject([
      { type: "link.opened", peer, transport: "fake" },
      { type: "link.closed", peer, reason: lost },
      { type: "link.opened", peer },
      { type: "link.closed", peer, reason: { code: "Closed" } },
    ]);
  });

  it("is told of what the server sends, which is no client's word", async () => {
    const { bus, welcome } = startBuildingClient();
    const link = await welcome();
    const causes: unknown[] = [];
    bus.on("note.added", (text, { cause }) => {
      causes.push(cause);
      if (text === "hi") bus.emit("note.added", "again");
    });
    link.arrive(["event", "note.added", "hi", "id"]);
    expect(causes).toEqual([[], [{ id: "id", name: "note.added", kind: "event" }]]);
  });
});
