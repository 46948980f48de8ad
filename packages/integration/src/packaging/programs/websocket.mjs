import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { createBus, defineContract, event, request } from "@eventwire/core";
import { serve } from "@eventwire/websocket";
import { connect } from "@eventwire/websocket/client";
import { WebSocket } from "ws";
import { z } from "zod";

const contract = defineContract({
  "order.placed": event(z.object({ id: z.string() })),
  "order.total": request({ input: z.object({ id: z.string() }), output: z.number() }),
});

const http = createServer();
const server = createBus(contract);
server.handle("order.total", () => 42);
serve(server, http, {
  authenticate: () => ({ id: "x" }),
  allow: { listen: { "*": true }, request: { "*": true } },
});
http.listen(0, "127.0.0.1");
await once(http, "listening");

const client = connect(contract, `http://127.0.0.1:${http.address().port}/eventwire`, { WebSocket });
const heard = [];
const stop = client.on("order.placed", (order) => heard.push(order));
const next = client.once("order.placed");
await stop.ready;
server.emit("order.placed", { id: "a" });
await next;
assert.deepEqual(heard, [{ id: "a" }]);
assert.equal(await client.request("order.total", { id: "a" }), 42);

await client.close();
await server.close();
http.close();
await once(http, "close");
console.log("done");
