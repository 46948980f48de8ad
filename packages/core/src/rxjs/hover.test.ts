import { describe, expect, it } from "vitest";
import { Compiler } from "../../fixtures/compiler.js";

const start = `
import { createBus } from "../src/index.js";
import { join, latest, perKey, stream } from "../src/rxjs.js";
import { airspace } from "./airspace.js";
import { bufferCount } from "rxjs";
const bus = createBus(airspace);
`;

describe("what a user of streams reads", { timeout: 60_000 }, () => {
  it("in an editor is names and data, and not walls of types", () => {
    const user = `${start}
const one = latest(bus, "flight.position");
const all = join(bus, { stored: "clock.stored", again: "clock.stored" });
const windows = perKey(bus, "clock.stored", bufferCount(2));
const projected = perKey(bus, "clock.stored", (ticks, key) => [ticks, key]);
`;
    const words = ["one", "all", "windows", "ticks", "key"];
    expect(new Compiler({ "user.ts": user }).hover("user.ts", words)).toMatchInlineSnapshot(`
      {
        "all": "const all: Observable<{ readonly stored: Tick; readonly again: Tick; }>",
        "key": "(parameter) key: number",
        "one": "const one: Observable<{ flight: string; lat: number; lon: number; }>",
        "ticks": "(parameter) ticks: Observable<Tick>",
        "windows": "const windows: Observable<Tick[]>",
      }
    `);
  });

  it("from the compiler is which names there are, and which keys differ", () => {
    const read = (code: string) => new Compiler({ "user.ts": start + code }).diagnose();
    expect(read('latest(bus, "clock.ticked");')).toMatchInlineSnapshot(
      `"Argument of type '"clock.ticked"' is not assignable to parameter of type 'KeyedEventName<Airspace>'."`,
    );
    expect(read('join(bus, { left: "flight.departed", tick: "clock.stored" });')).toMatchInlineSnapshot(`
      "Type '"flight.departed"' is not assignable to type '"flight.departed" & KeysDiffer<string | number>'.
        Type 'string' is not assignable to type 'KeysDiffer<string | number>'.

      Type '"clock.stored"' is not assignable to type '"clock.stored" & KeysDiffer<string | number>'.
        Type 'string' is not assignable to type 'KeysDiffer<string | number>'."
    `);
    expect(read('perKey(bus, "clock.ticked", bufferCount(2));')).toMatchInlineSnapshot(
      `"Argument of type '"clock.ticked"' is not assignable to parameter of type 'KeyedEventName<Airspace>'."`,
    );
  });
});
