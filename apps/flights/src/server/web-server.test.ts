import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pageFiles } from "./page-files.js";
import { createWebServer } from "./web-server.js";

const health = {
  status: "ok",
  departed: 3,
  airborne: 2,
  clients: 1,
  simulatedTime: "2001-01-01T08:00:00.000Z",
} as const;
let folder: string;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flights-page-"));
  await mkdir(join(folder, "page", "assets"), { recursive: true });
  await writeFile(join(folder, "secret.txt"), "secret");
  await writeFile(join(folder, "page", "index.html"), "<!doctype html><title>Flights</title>");
  await writeFile(join(folder, "page", "assets", "main-1a2b.js"), "export {};");
  const server = createWebServer(await pageFiles(join(folder, "page")), () => health);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
});
afterAll(() => rm(folder, { recursive: true }));

const get = (path: string, options?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, options);

/** The raw answer to a path that is sent as it is written: `fetch` would tidy it up. */
async function getUntidied(path: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(`GET ${path} HTTP/1.1\r\nHost: flights\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

describe("the web server", () => {
  test("serves the page, to be asked for again each time and answered in a few bytes when unchanged", async () => {
    const answer = await get("/?airport=SFO");
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("cache-control")).toBe("no-cache");
    expect(await answer.text()).toContain("Flights");
    const again = await get("/", { headers: { "If-None-Match": answer.headers.get("etag")! } });
    expect(again.status).toBe(304);
  });

  test("serves files with a hash in their name to be kept for ever", async () => {
    const answer = await get("/assets/main-1a2b.js");
    expect(answer.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(answer.headers.get("cache-control")).toContain("immutable");
  });

  test("answers HEAD with the length and without the body", async () => {
    const answer = await get("/", { method: "HEAD" });
    expect(answer.headers.get("content-length")).toBe("37");
    expect(await answer.text()).toBe("");
  });

  test.each([
    "/../secret.txt",
    "/assets/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "//secret.txt",
    "/%",
  ])("does not leave the folder of the page by %s", async (path) => {
    const answer = await getUntidied(path);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).not.toContain("secret");
  });

  test("tells how it is, fresh each time", async () => {
    const answer = await get("/health");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await answer.json()).toEqual(health);
  });

  test("lets the page talk to its own server only, and nobody frame it", async () => {
    for (const path of ["/", "/health", "/nothing"]) {
      const policy = (await get(path)).headers.get("content-security-policy");
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
    }
  });

  test("refuses to be written to", async () => {
    const answer = await get("/health", { method: "POST", body: "{}" });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET, HEAD");
  });
});
