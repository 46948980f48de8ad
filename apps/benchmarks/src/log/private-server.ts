import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createFolder, type Store } from "./store.js";

/** How long a server may take until it listens, in milliseconds. */
const patience = 10_000;

/** A program that is a server, and how it is told what to do. */
export interface Program {
  readonly command: string;
  /** Its configuration, as the file that it is given. */
  configuration(port: number, folder: string): string;
  /** The arguments that name that file. */
  arguments(file: string): readonly string[];
}

/**
 * What a program says of its version.
 *
 * @throws {Error} when it is not installed.
 */
export function programVersion(command: string): string {
  const said = execFileSync(command, ["--version"], { encoding: "utf8" });
  return /\d+\.\d+\.\d+/.exec(said)?.[0] ?? said.trim();
}

/** Starts a server of one's own, with a port and a folder that nobody else has. Resolves when it listens. */
export async function startServer({ command, configuration, arguments: given }: Program): Promise<Store> {
  const folder = createFolder();
  const port = await freePort();
  const file = join(folder.address, "server.conf");
  writeFileSync(file, configuration(port, folder.address));
  const child = spawn(command, given(file), { stdio: "ignore" });
  const exited = once(child, "exit");
  const stop = async () => {
    child.kill();
    await exited;
    await folder.stop();
  };
  for (const end = performance.now() + patience; !(await listens(port)); await wait(10)) {
    if (child.exitCode === null && performance.now() < end) continue;
    await stop();
    throw new Error(`${command} does not listen.`);
  }
  return { address: `127.0.0.1:${port}`, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("A server without a port.");
  return address.port;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
