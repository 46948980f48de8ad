import { expect, it } from "vitest";
import type { FanoutEnds } from "../fanout/clients-end.js";
import { memoryInUse } from "./memory-in-use.js";
import { memoryPerConnection } from "./memory-per-connection.js";

/** Ends of which the server grows by 4,000 bytes with its connections, and again with load. */
function growing(problem?: string): FanoutEnds {
  let bytes = 1_000;
  const grow = async () => {
    bytes += 4_000;
    return 0;
  };
  const server = {
    serve: async () => "",
    memory: async () => ({ resident: bytes, used: bytes / 2 }),
    attend: async () => undefined,
    send: grow,
    end: async () => undefined,
  };
  const client = {
    connect: grow,
    receive: async () => 0,
    account: async () => ({ arrived: [], problem }),
    end: async () => undefined,
  };
  return {
    version: "0.0.0",
    server: async () => server,
    client: async () => client,
  } as unknown as FanoutEnds;
}

it("is what a server grew by, for each of its connections", async () => {
  expect(await memoryPerConnection(growing(), 4, false)).toEqual({ resident: 1_000, used: 500 });
  expect(await memoryPerConnection(growing(), 4, true)).toEqual({ resident: 2_000, used: 1_000 });
});

it("fails when a client found something wrong", async () => {
  await expect(memoryPerConnection(growing("Position 7 was due."), 4, true)).rejects.toThrow("Position 7");
});

it("is not measured with garbage in it", () => {
  const collector = globalThis.gc;
  try {
    globalThis.gc = undefined;
    expect(memoryInUse).toThrow("--expose-gc");
  } finally {
    globalThis.gc = collector;
  }
});
