import { EventEmitter } from "node:events";
import { SocketPackets } from "@eventwire/wire";
import type { Socket } from "socket.io-client";
import { expect, it, vi } from "vitest";
import { socketLink } from "./socket-link.js";

function connected(transport: object) {
  const engine = Object.assign(new EventEmitter(), { transport });
  // Of another parser, so that frames go by emit.
  const packets = new SocketPackets(() => [], "/");
  const socket = {
    connected: true,
    nsp: "/",
    io: { engine },
    emit: () => true,
  };
  return { engine, link: socketLink(socket as unknown as Socket, packets, 0, () => undefined) };
}

it("counts what waits in bytes, whatever the letters, until the transport has taken it", () => {
  const { engine, link } = connected({ name: "polling" });
  expect(link.send("a")).toBe(true);
  expect(link.bufferedBytes).toBe(1);
  link.send("\u20ac");
  link.send(new Uint8Array(5));
  expect(link.bufferedBytes).toBe(9);
  expect(link.send("\u20ac".repeat(22_000))).toBe(false);
  engine.emit("flush");
  link.send("b");
  engine.emit("flush");
  engine.emit("drain");
  expect(link.bufferedBytes).toBe(0);
});

it("asks to wait while a WebSocket holds more than it should, and looks again until it does not", async () => {
  const ws = { bufferedAmount: 0 };
  const { engine, link } = connected({ name: "websocket", ws });
  const drain = vi.fn();
  link.open({ frame: vi.fn(), drain, closed: vi.fn() });
  ws.bufferedAmount = 100_000;
  expect(link.send("a")).toBe(false);
  engine.emit("flush");
  engine.emit("drain");
  expect(link.bufferedBytes).toBe(100_000);
  expect(drain).not.toHaveBeenCalled();
  ws.bufferedAmount = 0;
  await vi.waitFor(() => expect(drain).toHaveBeenCalledOnce());
});
