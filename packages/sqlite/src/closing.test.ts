import { expect, it } from "vitest";
import { createPath } from "../fixtures/broker.js";
import { sqlite } from "./sqlite.js";

it("tells no epoch of a log that was closed before it was open", async () => {
  const broker = sqlite(createPath());
  const opening = broker.open();
  const epoch = broker.log.epoch().catch((error: unknown) => error);
  await broker.close({ drain: 0 });
  await opening;
  expect(await epoch).toMatchObject({ code: "Closed" });
});
