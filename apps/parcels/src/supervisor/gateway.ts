import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { type Control, controlOf } from "./control.js";
import type { PageFiles } from "./page-files.js";

export interface GatewayParts {
  readonly page: PageFiles;
  readonly control: Control;
  /** Where the hub is now, if it is. */
  readonly hub: () => number | undefined;
}

/** What pages may do: run their own scripts, and talk to the server that they came from. Nobody may frame them. */
const HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** The one address of the service, whatever becomes of the hub: the pages, the processes, and the way to the hub. */
export function createGateway({ page, control, hub }: GatewayParts): Server {
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const wanted = controlOf(request);
    if (wanted) control(wanted, request, response);
    else if (request.method !== "GET" && request.method !== "HEAD") answer(response, 405);
    else if (!page(request, response)) answer(response, 404);
  });
  server.on("upgrade", (request, socket: Duplex, head: Buffer) => {
    const port = hub();
    if (port === undefined || !request.url?.startsWith("/socket.io/")) {
      socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
    } else passOn(request, socket, head, port);
  });
  return server;
}

/** Has a WebSocket speak with the hub. */
function passOn(request: IncomingMessage, socket: Duplex, head: Buffer, port: number): void {
  const hub = connect(port, "127.0.0.1");
  const headers = request.rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`));
  hub.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers.join("")}\r\n`);
  hub.write(head);
  hub.pipe(socket).pipe(hub);
  // Whatever ends one ends the other, and is no fault of this process.
  for (const [one, other] of [
    [hub, socket],
    [socket, hub],
  ] as const) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { "Content-Type": "text/plain" }).end(`${status}\n`);
}
