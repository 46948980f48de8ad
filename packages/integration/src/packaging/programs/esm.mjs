import assert from "node:assert/strict";
import { createBus, defineContract, event, request } from "@eventwire/core";
import { stream } from "@eventwire/core/rxjs";
import { z } from "zod";

const bus = createBus(
  defineContract({
    "order.placed": event(z.object({ id: z.string() })),
    "order.total": request({ input: z.object({ id: z.string() }), output: z.number() }),
  }),
);
const heard = [];
bus.on("order.placed", (order) => heard.push(order.id));
stream(bus, "order.placed").subscribe((order) => heard.push(`${order.id} streamed`));
bus.handle("order.total", () => 42);

bus.emit("order.placed", { id: "a" });
assert.deepEqual(heard.sort(), ["a", "a streamed"]);
assert.equal(await bus.request("order.total", { id: "a" }), 42);
await bus.close();
console.log("done");
