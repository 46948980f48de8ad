import type { Server, Socket } from "node:net";
import { type LinkSource, MisuseError, systemRuntime } from "@eventwire/core";
import { type Carrier, Dialer, LinkEnd, type ReconnectOptions } from "@eventwire/wire";

const facts = { transport: "tcp", maxFrameBytes: 1_000_000, reliable: true, halfOpen: true };
const lost = { code: "Lost", message: "The connection was lost.", retryable: true };
const [text, bytes, end] = [0, 1, 2];

/** A link over a socket: before each frame go a byte that says what it is, and three for its length. */
function linkOver(socket: Socket, begin: (carrier: Carrier) => LinkEnd): LinkEnd {
  const write = (kind: number, body: Uint8Array) => {
    if (body.length > facts.maxFrameBytes) return void socket.destroy();
    socket.write(Buffer.of(kind, body.length >> 16, body.length >> 8, body.length));
    socket.write(body, () => link.drained());
  };
  const link = begin({
    facts: { ...facts, address: socket.remoteAddress },
    get bufferedBytes() {
      return socket.writableLength;
    },
    write: (frame) => (typeof frame === "string" ? write(text, Buffer.from(frame)) : write(bytes, frame)),
    ended(reason, here) {
      if (here) write(end, Buffer.of(reason.retryable ? 1 : 0));
      socket.end();
    },
  });
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUIntBE(1, 3)) {
      const [kind, body] = [rest[0], rest.subarray(4, 4 + rest.readUIntBE(1, 3))];
      rest = rest.subarray(4 + body.length);
      if (kind === end) link.end({ ...lost, retryable: body[0] === 1 });
      else link.receive(kind === text ? body.toString() : body);
    }
  });
  socket.on("error", () => link.end(lost)).on("close", () => link.end(lost));
  return link;
}

/** The connections of a server as links. */
export function tcpServerLinks(server: Server): LinkSource {
  let taking: ((socket: Socket) => void) | undefined;
  return {
    listen(onLink) {
      if (taking) throw new MisuseError("This server is listened to already.");
      const take = (socket: Socket) => onLink(linkOver(socket, (carrier) => new LinkEnd(carrier)));
      taking = take;
      server.on("connection", take);
      return () => {
        if (taking === take) taking = undefined;
        server.off("connection", take);
      };
    },
  };
}

/** The connections of a client as links, one after the other. */
export function tcpClientLinks(connect: () => Socket, reconnect: ReconnectOptions = {}): LinkSource {
  return new Dialer(systemRuntime, reconnect, ({ connected, failed }) => {
    const socket = connect();
    const fail = ({ message }: Error) => failed({ code: "ConnectFailed", message, retryable: true });
    socket.once("error", fail).once("connect", () => linkOver(socket.off("error", fail), connected));
    return () => socket.destroy();
  });
}
