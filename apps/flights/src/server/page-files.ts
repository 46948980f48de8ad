import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";

/** Answers a request for a file of the page; false when there is no such file. */
export type PageFiles = (request: IncomingMessage, response: ServerResponse) => boolean;

interface PageFile {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | number>> & { readonly ETag: string };
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".woff2": "font/woff2",
};

/** The build puts a hash of the content into the names of these, so that they never change. */
const HASHED = /^\/assets\//;

/**
 * Reads the files of the built page, once, and serves them from memory. Only the paths found here lead
 * anywhere, so that no spelling of a path gets out of the folder.
 *
 * @throws when the folder cannot be read, as before the page is built.
 */
export async function pageFiles(folder: string): Promise<PageFiles> {
  const files = new Map<string, PageFile>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const url = `/${relative(folder, path).replaceAll(sep, "/")}`;
    files.set(url === "/index.html" ? "/" : url, describe(url, await readFile(path)));
  }
  return (request, response) => {
    const file = files.get(request.url?.split("?", 1)[0] ?? "/");
    if (file) respond(request, response, file);
    return file !== undefined;
  };
}

function describe(url: string, body: Buffer): PageFile {
  const headers = {
    "Content-Type": TYPES[extname(url)] ?? "application/octet-stream",
    "Content-Length": body.length,
    "Cache-Control": HASHED.test(url) ? "public, max-age=31536000, immutable" : "no-cache",
    ETag: `"${createHash("sha256").update(body).digest("base64url")}"`,
  };
  return { body, headers };
}

function respond(request: IncomingMessage, response: ServerResponse, { body, headers }: PageFile): void {
  if (request.headers["if-none-match"] === headers.ETag) {
    response.writeHead(304, { ETag: headers.ETag, "Cache-Control": headers["Cache-Control"] }).end();
    return;
  }
  response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : body);
}
