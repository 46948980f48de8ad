import type { Broker } from "@eventwire/core";
import { expectTypeOf, it } from "vitest";
import { type SqliteBroker, sqlite } from "./sqlite.js";

it("makes a broker that can be backed up", () => {
  expectTypeOf(sqlite("a.db")).toEqualTypeOf<SqliteBroker>();
  expectTypeOf(sqlite("a.db")).toExtend<Broker>();
  expectTypeOf<SqliteBroker["backup"]>().returns.resolves.toBeVoid();
});

it("takes the limits that there are, and no others", () => {
  sqlite("a.db", { retention: { age: 1, bytes: undefined }, dedupeWindow: 0 });
  // @ts-expect-error a number of events is a limit of the log in memory
  sqlite("a.db", { events: 1 });
  // @ts-expect-error a file has a path
  sqlite();
});
