import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { PageFiles } from "./page-files.js";
import { securityHeaders } from "./security-headers.js";

/** What `/health` answers. */
export interface Health {
  readonly status: "ok";
  /** Flights that have taken off since the first midnight. */
  readonly departed: number;
  readonly airborne: number;
  /** Pages connected to the bus. */
  readonly clients: number;
  /** The replay's clock in ISO 8601. The file's times are local at the origin; the Z only marks one clock. */
  readonly simulatedTime: string;
}

/** An HTTP server of the page and of `/health`; Socket.IO is attached to it by the caller. */
export function createWebServer(page: PageFiles, health: () => Health): Server {
  return createServer((request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      respond(response, 405, "Only GET and HEAD are answered here.\n");
    } else if (isHealth(request)) {
      response.setHeader("Cache-Control", "no-store");
      response.setHeader("Content-Type", "application/json; charset=utf-8");
      response.end(JSON.stringify(health()));
    } else if (!page(request, response)) respond(response, 404, "There is nothing here.\n");
  });
}

function isHealth({ url }: IncomingMessage): boolean {
  return url === "/health" || url?.startsWith("/health?") === true;
}

function respond(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(text);
}
