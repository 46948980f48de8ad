import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Health } from "../src/server/web-server.js";

/** The built hub in a process of its own, always on the same port and the same log. */
export interface HubProcess {
  readonly url: string;
  /** Resolves when it can be asked. */
  start(): Promise<void>;
  /** Ends it as a crash does: nothing that it would have done gets done. */
  kill(): Promise<void>;
  health(): Promise<Health>;
  /** Ends it and loses its log. */
  lose(): Promise<void>;
}

const server = join(import.meta.dirname, "../dist/server.js");

/** Starts a hub; it needs `npm run build -- @eventwire/flights`. */
export async function startHubProcess(speed: number): Promise<HubProcess> {
  const data = await mkdtemp(join(tmpdir(), "flights-log-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { ...process.env, PORT: String(port), SPEED: String(speed), DATA: data };
  let child: ChildProcess;
  const hub: HubProcess = {
    url,
    async start() {
      child = fork(server, { env, execArgv: [], stdio: ["ignore", "pipe", "inherit", "ipc"] });
      // It says its address once it listens.
      await once(child.stdout!, "data");
    },
    async kill() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
    health: async () => (await fetch(`${url}/health`)).json() as Promise<Health>,
    async lose() {
      await hub.kill();
      await rm(data, { recursive: true });
    },
  };
  await hub.start();
  return hub;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
