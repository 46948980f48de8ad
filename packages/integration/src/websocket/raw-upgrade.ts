import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface UpgradeRequest {
  readonly path?: string;
  readonly method?: string;
  /** Beside those of a right upgrade, or in their place; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** A TCP connection that has asked for an upgrade, and what has come back over it. */
export interface RawUpgrade {
  readonly socket: Socket;
  /** Of the answer, once there is one. */
  readonly status: number | undefined;
  /** All that came, as text. */
  readonly received: string;
  readonly closed: boolean;
}

/** Asks for a WebSocket by hand, so that nothing keeps it from being wrong. */
export async function startRawUpgrade(
  port: number,
  { path = "/eventwire", method = "GET", headers = {} }: UpgradeRequest = {},
): Promise<RawUpgrade> {
  const socket = connect({ port, host: "127.0.0.1" });
  onTestFinished(() => void socket.destroy());
  let received = "";
  let closed = false;
  socket.on("data", (data) => {
    received += data.toString("latin1");
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    closed = true;
  });
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  const all: Record<string, string | undefined> = {
    host: `127.0.0.1:${port}`,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  return {
    socket,
    get status() {
      const [, status] = /^HTTP\/1\.1 (\d+)/.exec(received) ?? [];
      return status === undefined ? undefined : Number(status);
    },
    get received() {
      return received;
    },
    get closed() {
      return closed;
    },
  };
}

export interface FrameParts {
  /** 0 continues, 1 is text, 2 bytes, 8 closes, 9 asks for a pong. */
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  /** Whether the message ends with it. Default true. */
  readonly last?: boolean;
  /** Whether it is masked, as a client has to. Default true. */
  readonly masked?: boolean;
  /** Default: none is set. */
  readonly reserved?: number;
  /** The length that it claims to have. Default: its own. */
  readonly claims?: number;
}

/** A WebSocket frame as it is on the wire, right or wrong. The mask is zero, so that the payload can be read. */
export function rawFrame({
  opcode,
  payload = "",
  last = true,
  masked = true,
  reserved = 0,
  claims,
}: FrameParts): Buffer {
  const body = Buffer.from(payload as string);
  const length = claims ?? body.byteLength;
  const mask = masked ? 0x80 : 0;
  const head = [(last ? 0x80 : 0) | (reserved << 4) | opcode];
  if (length < 126) head.push(mask | length);
  else if (length < 65_536) head.push(mask | 126, length >> 8, length & 0xff);
  else {
    const long = Buffer.alloc(8);
    long.writeBigUInt64BE(BigInt(length));
    head.push(mask | 127, ...long);
  }
  return Buffer.concat([Buffer.from(head), Buffer.alloc(masked ? 4 : 0), body]);
}
