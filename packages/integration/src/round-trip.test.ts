import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createBus, defineContract, event, request } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { connect } from "@eventwire/socket.io-client";
import { Server } from "socket.io";
import { expect, it, vi } from "vitest";
import { z } from "zod";

const contract = defineContract({
  "room.opened": event(z.object({ room: z.string() }), { key: (opened) => opened.room }),
  "room.size": request({ input: z.string(), output: z.number() }),
});

it("carries events and requests over a real socket", async () => {
  const http = createServer();
  const io = new Server(http);
  const bus = createBus(contract);
  const hub = serve(bus, io, {
    authenticate: () => ({ id: "me" }),
    allow: { listen: { "*": true }, request: { "*": true } },
  });
  bus.handle("room.size", (room) => room.length);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const client = connect(contract, `http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  const rooms: string[] = [];
  await client.on("room.opened", ({ room }) => rooms.push(room), { key: "a" }).ready;
  for (const room of ["a", "b", "a"]) bus.emit("room.opened", { room });
  await vi.waitFor(() => expect(rooms).toEqual(["a", "a"]));
  expect(await client.request("room.size", "abc")).toBe(3);
  expect(hub.peers()).toHaveLength(1);
  for (const socket of io.sockets.sockets.values()) socket.conn.close();
  await vi.waitFor(() => expect(client.connection.status.state).toBe("reconnecting"));
  await vi.waitFor(() => expect(client.connection.status.state).toBe("connected"), { timeout: 5_000 });
  await client.close();
  await vi.waitFor(() => expect(hub.peers()).toHaveLength(0));
  await bus.close();
  await io.close();
});
