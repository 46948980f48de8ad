import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";

/** Answers a request for a file of the pages; false when there is no such file. */
export type PageFiles = (request: IncomingMessage, response: ServerResponse) => boolean;

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/**
 * Reads the files of the built pages, once, and serves them from memory: `/driver` is `driver.html`. Only the paths found here lead
 * anywhere, so that no spelling of a path gets out of the folder.
 *
 * @throws when the folder cannot be read, as before the pages are built.
 */
export async function pageFiles(folder: string): Promise<PageFiles> {
  const files = new Map<string, { body: Buffer; headers: Record<string, string> }>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const url = `/${relative(folder, path).replaceAll(sep, "/")}`;
    const headers = {
      "Content-Type": TYPES[extname(url)] ?? "application/octet-stream",
      // The build puts a hash of the content into the names of these.
      "Cache-Control": url.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    };
    files.set(url === "/index.html" ? "/" : url.replace(/\.html$/, ""), {
      body: await readFile(path),
      headers,
    });
  }
  return (request, response) => {
    const file = files.get(request.url?.split("?", 1)[0] ?? "/");
    if (file) response.writeHead(200, file.headers).end(request.method === "HEAD" ? undefined : file.body);
    return file !== undefined;
  };
}
