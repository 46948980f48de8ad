import assert from "node:assert/strict";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { createBus, defineContract, event, request } from "@eventwire/core";
import { connect, serve } from "@eventwire/worker";
import { z } from "zod";

const contract = defineContract({
  "order.placed": event(z.object({ id: z.string(), at: z.date() })),
  "order.place": request({ input: z.object({ id: z.string() }), output: z.number() }),
});

if (isMainThread) {
  const thread = new Worker(new URL(import.meta.url));
  const client = connect(contract, thread);
  const heard = [];
  const stop = client.on("order.placed", ({ id }) => heard.push(id));
  const next = client.once("order.placed");
  await stop.ready;
  assert.equal(await client.request("order.place", { id: "a" }), 42);
  assert.deepEqual(await next, { id: "a", at: new Date(0) });
  assert.deepEqual(heard, ["a"]);
  await client.close();
  await thread.terminate();
  console.log("done");
} else {
  const server = createBus(contract);
  server.handle("order.place", ({ id }) => {
    server.emit("order.placed", { id, at: new Date(0) });
    return 42;
  });
  serve(server, parentPort, {
    authenticate: () => ({ id: "x" }),
    allow: { listen: { "*": true }, request: { "*": true } },
  });
}
