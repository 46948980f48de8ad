import { EventEmitter } from "node:events";
import type { Socket } from "socket.io";
import { expect, it } from "vitest";
import { SocketLink } from "./socket-link.js";

it("counts what waits in bytes, whatever the letters, until the transport has taken it", () => {
  const conn = new EventEmitter();
  const socket = { handshake: {}, conn, emit: () => true } as unknown as Socket;
  const link = new SocketLink(socket, 1_000_000, () => undefined);
  expect(link.send("a")).toBe(true);
  expect(link.bufferedBytes).toBe(1);
  link.send("\u20ac");
  link.send(new Uint8Array(5));
  expect(link.bufferedBytes).toBe(9);
  expect(link.send("\u20ac".repeat(22_000))).toBe(false);
  conn.emit("drain");
  expect(link.bufferedBytes).toBe(0);
});
