import { systemRuntime } from "@eventwire/queue";
import { expect, it } from "vitest";
import { z } from "zod";
import { defineContract, event } from "../index.js";
import { memory } from "../memory.js";
import { encodeBody } from "./body.js";
import { SharedReader } from "./shared-reader.js";
import { Store } from "./store.js";

it("makes one message of a record for all, and keeps no more of them than a few megabytes", () => {
  const contract = defineContract({ said: event(z.string(), { delivery: "durable" }) });
  const store = new Store(memory(), systemRuntime, (error) => {
    throw error;
  });
  const reader = new SharedReader(store, contract);
  const body = encodeBody("said", { data: "x".repeat(100_000), cause: [] });
  const record = (offset: number) => ({
    offset,
    id: `i${offset}`,
    name: "said",
    key: undefined,
    time: 5,
    body,
  });
  const first = record(1);
  const message = reader.message(first, "log");
  expect(reader.message(first, "log")).toBe(message);
  for (let offset = 2; offset < 100; offset++) reader.message(record(offset), "log");
  expect(reader.message(first, "log")).not.toBe(message);
});
