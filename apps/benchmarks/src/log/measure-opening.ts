import { rmSync } from "node:fs";
import { actApart } from "../processes/act-apart.js";
import type { LogEnds } from "./log-ends.js";
import type { act } from "./long-log.js";
import { createFolder } from "./store.js";

/** The folders of what was made: to make it takes much longer than to open it. */
const made = new Map<number, Promise<string>>();

/** How long it takes to open a log of ours that has so many events, and to append one more, in milliseconds. */
export async function measureOpening(implementation: LogEnds, count: number): Promise<number> {
  if (!made.has(count)) made.set(count, make(count));
  const address = await made.get(count)!;
  const end = await implementation.server();
  try {
    const { milliseconds, kept } = await end.openAndAppend({ address, name: "reports" });
    const offset = Number(/\d+$/.exec(kept)?.[0]);
    if (!(offset > count)) throw new Error(`What was appended to ${count} events was kept at ${kept}.`);
    return milliseconds;
  } finally {
    await end.end();
  }
}

async function make(count: number): Promise<string> {
  const { address } = createFolder();
  process.once("exit", () => rmSync(address, { recursive: true, force: true }));
  const maker = await actApart<ReturnType<typeof act>>(
    new URL("./long-log.js", import.meta.url).href,
    {},
    "maker",
  );
  try {
    await maker.build(address, count);
  } finally {
    await maker.end();
  }
  return address;
}
