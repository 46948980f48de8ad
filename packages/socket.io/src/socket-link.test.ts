import { EventEmitter } from "node:events";
import { type LinkEnd, SocketPackets } from "@eventwire/wire";
import type { Socket } from "socket.io";
import { expect, it } from "vitest";
import { FrameSender } from "./frame-sender.js";
import { Outflow } from "./outflow.js";
import { socketLink } from "./socket-link.js";

it("counts what waits in bytes, whatever the letters, until the transport has taken it", () => {
  const transport = new EventEmitter();
  const conn = Object.assign(new EventEmitter(), { transport });
  const socket = { handshake: {}, conn, emit: () => true } as unknown as Socket;
  // Of another parser, so that frames go by emit.
  const packets = new SocketPackets(() => [], "/");
  const sender = new FrameSender(packets);
  const drained = () => link.drained();
  const outflow = new Outflow(socket.conn, { drained, upgraded: () => undefined });
  const facts = { transport: "websocket", maxFrameBytes: 1_000_000, reliable: true };
  const link: LinkEnd = socketLink(
    socket,
    0,
    { facts, outflow, packets, sender },
    { closedHere: () => undefined },
  );
  expect(link.send("a")).toBe(true);
  expect(link.bufferedBytes).toBe(1);
  link.send("\u20ac");
  link.send(new Uint8Array(5));
  expect(link.bufferedBytes).toBe(9);
  expect(link.send("\u20ac".repeat(22_000))).toBe(false);
  conn.emit("flush");
  link.send("b");
  transport.emit("drain");
  expect(link.bufferedBytes).toBe(1);
  conn.emit("flush");
  transport.emit("drain");
  expect(link.bufferedBytes).toBe(0);
});
