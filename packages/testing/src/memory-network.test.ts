import { createBus, DeniedError, defineContract, event, request } from "@eventwire/core";
import { createClient, createHub } from "@eventwire/wire";
import { expect, it, vi } from "vitest";
import { z } from "zod";
import { MemoryNetwork } from "./memory-network.js";

const contract = defineContract({
  "room.opened": event(z.object({ room: z.string(), at: z.date() }), { key: (r) => r.room }),
  "note.added": event(z.string(), { from: "both" }),
  "room.size": request({
    input: z.string(),
    output: z.number(),
    errors: { NoRoom: z.object({ room: z.string() }) },
  }),
});

it("joins two buses", async () => {
  const network = new MemoryNetwork();
  const bus = createBus(contract);
  const hub = createHub(bus, network.server, {
    authenticate: () => ({ id: "me" }),
    allow: { listen: { "*": true }, emit: { "*": true }, request: { "*": true } },
  });
  const source = network.client();
  const client = createClient(contract, source);
  const seen: unknown[] = [];
  await client.on("room.opened", (room) => seen.push(room), { key: "a" }).ready;
  const at = new Date(5);
  bus.emit("room.opened", { room: "b", at });
  bus.emit("room.opened", { room: "a", at });
  await vi.waitFor(() => expect(seen).toEqual([{ room: "a", at }]));
  bus.handle("room.size", (room, context) => {
    if (room === "x") throw context.error("NoRoom", { room });
    return 3;
  });
  expect(await client.request("room.size", "a")).toBe(3);
  expect(await client.request("room.size", "x").result()).toMatchObject({
    ok: false,
    error: { code: "NoRoom", detail: { room: "x" } },
  });
  const notes: string[] = [];
  bus.on("note.added", (note) => notes.push(note));
  client.emit("note.added", "hi");
  await vi.waitFor(() => expect(notes).toEqual(["hi"]));
  source.cut();
  await vi.waitFor(() => expect(client.connection.status.state).toBe("reconnecting"));
  await vi.waitFor(() => expect(client.connection.status.state).toBe("connected"));
  await vi.waitFor(() => {
    bus.emit("room.opened", { room: "a", at });
    expect(seen.length).toBeGreaterThan(1);
  });
  hub.peers()[0]!.disconnect("out");
  await vi.waitFor(() =>
    expect(client.connection.status).toMatchObject({ state: "closed", reason: { message: "out" } }),
  );
  expect(hub.peers()).toEqual([]);
  void DeniedError;
  await bus.close();
  await client.close();
});
