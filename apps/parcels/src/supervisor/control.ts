import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Supervised } from "./supervised.js";

/** What is to be done with which process. */
export interface Wanted {
  readonly name: string | undefined;
  readonly action: string | undefined;
}
/** Answers what operators want of the processes. */
export type Control = (wanted: Wanted, request: IncomingMessage, response: ServerResponse) => void;

const PATH = /^\/processes(?:\/([a-z0-9]+)\/([a-z]+))?$/;

/** What a request wants of the processes; nothing when it is about something else. */
export function controlOf({ url }: IncomingMessage): Wanted | undefined {
  const match = PATH.exec(url ?? "");
  return match ? { name: match[1], action: match[2] } : undefined;
}

const ACTIONS: Readonly<Record<string, (process: Supervised) => void>> = {
  start: (process) => process.start(),
  stop: (process) => void process.stop(),
  kill: (process) => process.kill(),
};

/** Lists the processes, and starts, stops and kills them for whoever has the key; `GET /processes`, `POST /processes/<name>/<action>`. */
export function createControl(processes: ReadonlyMap<string, Supervised>, key: string): Control {
  return ({ name, action }, request, response) => {
    response.setHeader("Cache-Control", "no-store");
    const change = name !== undefined;
    const process = processes.get(name ?? "");
    const act = ACTIONS[action ?? ""];
    if (!holds(request, key)) response.writeHead(403).end();
    else if (request.method !== (change ? "POST" : "GET")) response.writeHead(405).end();
    else if (change && !(process && act)) response.writeHead(404).end();
    else {
      if (process && act) act(process);
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify([...processes.values()].map(({ state }) => state)));
    }
  };
}

/** A header that no form and no foreign page can send. */
function holds({ headers }: IncomingMessage, key: string): boolean {
  const [given, expected] = [Buffer.from(headers.authorization ?? ""), Buffer.from(`Bearer ${key}`)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}
