import { describe, expect, it } from "vitest";
import { Compiler } from "../fixtures/compiler.js";

const contract = `
import { type Bus, createBus, defineContract, event, type Named, request, task } from "../src/index.js";
import { z } from "zod";
const Flight = z.object({ flight: z.string(), gate: z.string() });
const contract = defineContract({
  "flight.departed": event(Flight, { key: (flight) => flight.flight }),
  "flight.landed": event(Flight),
  "alert.raised": event(z.object({ level: z.enum(["low", "high"]) }), { from: "both" }),
  "page.typed": event(z.string(), { from: "client" }),
  "flight.divert": task(Flight),
  "airport.stats": request({
    input: z.object({ code: z.string() }),
    output: z.object({ flights: z.number() }),
    errors: { UnknownAirport: z.object({ nearest: z.string() }) },
  }),
});
export interface Airspace extends Named<typeof contract> {}
export const airspace: Airspace = contract;
export const bus = createBus(airspace);
export declare const client: Bus<Airspace, "client">;
`;

function read(code: string): string {
  const files = {
    "contract.ts": contract,
    "user.ts": `import { bus, client } from "./contract.js";
import { event, defineContract } from "../src/index.js";
import { z } from "zod";
${code}`,
  };
  return new Compiler(files).diagnose();
}

describe("what a user reads from the compiler", { timeout: 60_000 }, () => {
  it("is nothing when all is right", () => {
    expect(read('bus.emit("flight.landed", { flight: "UA1", gate: "B2" });')).toBe("");
  });

  it("names the names there are, for a wrong one", () => {
    expect(read('bus.emit("flight.departd", { flight: "UA1", gate: "B2" });')).toMatchInlineSnapshot(
      `"Argument of type '"flight.departd"' is not assignable to parameter of type '"alert.raised" | "flight.departed" | "flight.landed" | NotSentBy<"server", "page.typed">'."`,
    );
    expect(read('bus.request("airport.stat", { code: "SFO" });')).toMatchInlineSnapshot(
      `"Argument of type '"airport.stat"' is not assignable to parameter of type '"airport.stats"'."`,
    );
    expect(read('bus.emit("flight.divert", { flight: "UA1", gate: "B2" });')).toMatchInlineSnapshot(
      `"Argument of type '"flight.divert"' is not assignable to parameter of type '"alert.raised" | "flight.departed" | "flight.landed" | NotSentBy<"server", "page.typed">'."`,
    );
  });

  it("names the contract, for a wrong name or pattern to listen to", () => {
    expect(read('bus.on("flights.*", () => 1);')).toMatchInlineSnapshot(`
      "No overload matches this call.
        Overload 1 of 2, '(name: EventName<Airspace>, listener: (data: string | { flight: string; gate: string; } | { level: "high" | "low"; }, context: Context<EventName<Airspace>, string>) => unknown, options?: ListenOptions<...> | undefined): Subscription', gave the following error.
          Argument of type '"flights.*"' is not assignable to parameter of type 'EventName<Airspace>'.
        Overload 2 of 2, '(pattern: Pattern<EventName<Airspace>>, listener: (message: Message<"flight.departed", { flight: string; gate: string; }, string> | Message<"flight.landed", { ...; }, never> | Message<...> | Message<...>) => unknown, options?: ListenOptions<...> | undefined): Subscription', gave the following error.
          Argument of type '"flights.*"' is not assignable to parameter of type 'Pattern<EventName<Airspace>>'."
    `);
    expect(read('bus.once("flight.departd");')).toMatchInlineSnapshot(
      `"Argument of type '"flight.departd"' is not assignable to parameter of type 'EventName<Airspace>'."`,
    );
  });

  it("names the field and its type, for wrong data", () => {
    expect(read('bus.emit("alert.raised", { level: "medium" });')).toMatchInlineSnapshot(
      `"Type '"medium"' is not assignable to type '"high" | "low"'."`,
    );
    expect(read('bus.emit("flight.landed", { flight: "UA1" });')).toMatchInlineSnapshot(`
      "Argument of type '{ flight: string; }' is not assignable to parameter of type '{ flight: string; gate: string; }'.
        Property 'gate' is missing in type '{ flight: string; }' but required in type '{ flight: string; gate: string; }'."
    `);
    expect(read('bus.request("airport.stats", { airport: "SFO" });')).toMatchInlineSnapshot(
      `"Object literal may only specify known properties, and 'airport' does not exist in type '{ code: string; }'."`,
    );
    expect(read('bus.handle("airport.stats", () => ({ flight: 1 }));')).toMatchInlineSnapshot(
      `"Type '{ flight: number; }' is not assignable to type '{ flights: number; } | Promise<{ flights: number; }>'."`,
    );
  });

  it("names the side and the message, for a wrong direction", () => {
    expect(read('client.emit("flight.departed", { flight: "UA1", gate: "B2" });')).toMatchInlineSnapshot(
      `"Argument of type 'string' is not assignable to parameter of type 'NotSentBy<"client", "flight.departed">'."`,
    );
    expect(read('bus.emit("page.typed", "x");')).toMatchInlineSnapshot(
      `"Argument of type 'string' is not assignable to parameter of type 'NotSentBy<"server", "page.typed">'."`,
    );
    expect(read('client.handle("airport.stats", () => ({ flights: 1 }));')).toMatchInlineSnapshot(
      `"Argument of type 'string' is not assignable to parameter of type 'NotDoneBy<"client", "airport.stats">'."`,
    );
  });

  it("names the missing case, for a switch that is not exhaustive", () => {
    const message = `bus.on("flight.*", (message) => {
      switch (message.name) {
        case "flight.departed": return;
        default: message satisfies never;
      }
    });`;
    expect(read(message)).toMatchInlineSnapshot(
      `"Type 'Message<"flight.landed", { flight: string; gate: string; }, never>' does not satisfy the expected type 'never'."`,
    );
    const outcome = `const outcome = await bus.request("airport.stats", { code: "" }).result();
    if (!outcome.ok) switch (outcome.error.code) { case "UnknownAirpot": break; }`;
    expect(read(outcome)).toMatchInlineSnapshot(
      `"Type '"UnknownAirpot"' is not comparable to type '"Aborted" | "Closed" | "Denied" | "Disconnected" | "Internal" | "Invalid" | "NoHandler" | "Overflow" | "Timeout" | "UnknownAirport" | "Unsupported"'."`,
    );
  });

  it("names the option and the event, for an option that it does not have", () => {
    expect(read('bus.events("flight.landed", { key: "x" });')).toMatchInlineSnapshot(
      `"Object literal may only specify known properties, and 'key' does not exist in type 'Watching'."`,
    );
  });

  it("names the declared errors, for one that is not", () => {
    const code = 'bus.handle("airport.stats", (_, context) => { throw context.error("Nope", {}); });';
    expect(read(code)).toMatchInlineSnapshot(
      `"Argument of type '"Nope"' is not assignable to parameter of type '"UnknownAirport"'."`,
    );
  });

  it("says why, for a schema that transforms", () => {
    expect(read("event(z.string().transform(Number));")).toMatchInlineSnapshot(`
      "Argument of type 'ZodPipe<ZodString, ZodTransform<number, string>>' is not assignable to parameter of type 'ZodPipe<ZodString, ZodTransform<number, string>> & { "eventwire: this schema transforms its input, so what it returns cannot be checked again at the next boundary": never; }' with 'exactOptionalPropertyTypes: true'. Consider adding 'undefined' to the types of the target's properties.
        Property '"eventwire: this schema transforms its input, so what it returns cannot be checked again at the next boundary"' is missing in type 'ZodPipe<ZodString, ZodTransform<number, string>>' but required in type '{ "eventwire: this schema transforms its input, so what it returns cannot be checked again at the next boundary": never; }'."
    `);
  });

  it("says why, for a part that is not one", () => {
    expect(read('bus.narrow(defineContract({ "x.y": event(z.string()) }));')).toMatchInlineSnapshot(`
      "Argument of type 'Contract<{ readonly "x.y": EventDefinition<string, "live", "server", never>; }>' is not assignable to parameter of type 'Contract<{ readonly "x.y": EventDefinition<string, "live", "server", never>; }> & { "eventwire: this contract has messages that the bus does not have": never; }'.
        Property '"eventwire: this contract has messages that the bus does not have"' is missing in type 'Contract<{ readonly "x.y": EventDefinition<string, "live", "server", never>; }>' but required in type '{ "eventwire: this contract has messages that the bus does not have": never; }'."
    `);
  });
});
