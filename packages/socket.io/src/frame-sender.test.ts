import { SocketPackets } from "@eventwire/wire";
import type { Socket } from "socket.io";
import { expect, it } from "vitest";
import { FrameSender } from "./frame-sender.js";

function connection(transport: object, protocol = 4) {
  const written: unknown[][] = [];
  const conn = {
    protocol,
    transport: {
      name: "websocket",
      supportsBinary: true,
      socket: { _sender: { sendFrame: () => undefined } },
      ...transport,
    },
    write: (...values: unknown[]) => written.push(values),
  };
  return { conn: conn as unknown as Socket["conn"], written };
}

// As Socket.IO's own parser.
const sender = new FrameSender(new SocketPackets(({ data }) => [`2${JSON.stringify(data)}`], "/"));
const bytes = Uint8Array.of(1, 2, 3);
const header = '51-["eventwire",{"_placeholder":true,"num":0}]';

it("writes bytes and what announces them at once", () => {
  const { conn, written } = connection({});
  sender.send(conn, bytes, 0);
  const before = [0x81, header.length + 1, ...Buffer.from(`4${header}`)];
  expect(written).toEqual([
    [bytes, { wsPreEncodedFrame: [Buffer.from([...before, 0x82, bytes.length, ...bytes])] }],
  ]);
});

it.each([
  ["has the revision before of the protocol, where a type stands before bytes", {}, 3],
  ["takes no bytes but as text", { supportsBinary: false }, 4],
  ["compresses", { perMessageDeflate: {} }, 4],
  ["is of another server of WebSockets", { socket: {} }, 4],
])("leaves it to Engine.IO to write bytes to a connection that %s", (_, transport, protocol) => {
  const { conn, written } = connection(transport, protocol);
  sender.send(conn, bytes, 0);
  expect(written.map(([packet]) => packet)).toEqual([header, bytes]);
  expect(written.every(([, options]) => options === undefined)).toBe(true);
});
