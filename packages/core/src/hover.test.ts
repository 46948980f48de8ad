import { expect, it } from "vitest";
import { Compiler } from "../fixtures/compiler.js";

const user = `
import { createBus } from "../src/index.js";
import { stream } from "../src/rxjs.js";
import { airspace } from "./airspace.js";
const bus = createBus(airspace);
const client = {} as import("../src/index.js").Bus<typeof airspace, "client">;
bus.emit("clock.ticked", { count: 1 });
const receipt = bus.emit("flight.landed", { flight: "UA1", gate: "B2", at: new Date() });
const stop = bus.on("flight.departed", (departure, context) => undefined);
bus.on("clock.*", (message) => undefined);
const reply = bus.request("airport.stats", { code: "SFO" });
const ticks = bus.events("clock.ticked");
const observable = stream(bus, "clock.ticked");
bus.handle("airport.list", (query, answering) => []);
const movements = bus.request("airport.watch", { code: "SFO" });
bus.handle("airport.watch", async function* (watched, watching) {});
const part = bus.narrow(airspace);
`;

it("shows names in an editor, and not walls of types", { timeout: 60_000 }, () => {
  const words = [
    "bus",
    "client",
    "emit",
    "receipt",
    "stop",
    "departure",
    "context",
    "message",
    "reply",
    "ticks",
    "observable",
    "query",
    "answering",
    "movements",
    "watched",
    "watching",
    "part",
  ];
  expect(new Compiler({ "user.ts": user }).hover("user.ts", words)).toMatchInlineSnapshot(`
    {
      "answering": "(parameter) answering: HandlerContext<{}>",
      "bus": "const bus: Bus<Airspace, "server">",
      "client": "const client: Bus<Airspace, "client">",
      "context": "(parameter) context: Context<"flight.departed", string>",
      "departure": "(parameter) departure: { flight: string; gate: string; at: Date; }",
      "emit": "(method) Bus<Airspace, "server">.emit<"clock.ticked">(name: "clock.ticked", data: Tick): void",
      "message": "(parameter) message: Message<"clock.stored", Tick, number> | Message<"clock.ticked", Tick, never>",
      "movements": "const movements: AsyncIterableIterator<{ flight: string; kind: "departed" | "landed"; }>",
      "observable": "const observable: Observable<Tick>",
      "part": "const part: Bus<Airspace, "server">",
      "query": "(parameter) query: undefined",
      "receipt": "const receipt: Promise<Receipt>",
      "reply": "const reply: Reply<{ flights: number; }, { UnknownAirport: { nearest: string; }; ClosedAirport: { until: Date; }; }>",
      "stop": "const stop: Subscription",
      "ticks": "const ticks: AsyncIterableIterator<Tick>",
      "watched": "(parameter) watched: { code: string; }",
      "watching": "(parameter) watching: HandlerContext<{ UnknownAirport: { nearest: string; }; }>",
    }
  `);
});
