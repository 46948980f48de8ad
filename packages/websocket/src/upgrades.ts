import { type Server as HttpServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { MisuseError } from "@eventwire/core";

export type TakeUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => void;

/** What serves the paths of an HTTP server, on the server itself, so that another copy of this package finds it. */
const served = Symbol.for("eventwire.upgrades");

type Server = (HttpServer | HttpsServer) & { [served]?: Served };

interface Served {
  readonly paths: Map<string, TakeUpgrade>;
  readonly listener: TakeUpgrade;
}

/**
 * Takes the upgrades of one path of an HTTP server, until the result is called.
 *
 * @throws {MisuseError} when something does already.
 */
export function takeUpgrades(server: Server, path: string, take: TakeUpgrade): () => void {
  server[served] ??= serve(server);
  const { paths, listener } = server[served];
  if (paths.has(path)) {
    throw new MisuseError(
      `The path ${path} serves a bus already. Close that hub first, or serve another path.`,
    );
  }
  paths.set(path, take);
  return () => {
    if (paths.get(path) !== take) return;
    paths.delete(path);
    if (paths.size > 0) return;
    server.off("upgrade", listener);
    delete server[served];
  };
}

/** One listener for all paths: it alone can tell that a path is nobody's. */
function serve(server: Server): Served {
  const paths = new Map<string, TakeUpgrade>();
  const listener: TakeUpgrade = (request, stream, head) => {
    // Node has taken its own handlers off, and an error without one ends the process.
    stream.on("error", () => stream.destroy());
    const [path = ""] = (request.url ?? "").split("?", 1);
    const take = paths.get(path);
    if (take) take(request, stream, head);
    else if (server.listenerCount("upgrade") === 1) refuseUpgrade(stream, 404, "Nothing is served there.");
  };
  server.on("upgrade", listener);
  return { paths, listener };
}

/** Answers an upgrade by an HTTP response, and ends the connection. */
export function refuseUpgrade(stream: Duplex, status: number, text: string): void {
  stream.once("finish", () => stream.destroy());
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
