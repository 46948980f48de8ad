const assert = require("node:assert/strict");
const { createBus, defineContract, event } = require("@eventwire/core");
const { stream } = require("@eventwire/core/rxjs");
const { serve } = require("@eventwire/socket.io");
const { connect } = require("@eventwire/socket.io-client");
const { z } = require("zod");

const bus = createBus(defineContract({ "order.placed": event(z.object({ id: z.string() })) }));
const heard = [];
bus.on("order.placed", (order) => heard.push(order.id));
stream(bus, "order.placed").subscribe((order) => heard.push(`${order.id} streamed`));
bus.emit("order.placed", { id: "a" });
assert.deepEqual(heard.sort(), ["a", "a streamed"]);
assert.equal(typeof serve, "function");
assert.equal(typeof connect, "function");
console.log("done");
