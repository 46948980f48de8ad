import { expect, it } from "vitest";
import { createPath, event, openBroker } from "../../fixtures/broker.js";

it("passes over nothing where a row lies across the end of what one read looks through", async () => {
  const { log } = await openBroker(createPath());
  const row = () => Array.from({ length: 1_000 }, () => event());
  for (let rows = 0; rows < 65; rows++) await log.append(row());
  // Offset 65,010, in a row up to 66,000, where a read from 0 looks through 65,537 offsets.
  const wanted = event({ name: "b" });
  await log.append(row().with(9, wanted));
  const ids: string[] = [];
  for (let after = 0; after < 66_000; ) {
    const page = await log.read({ after, names: ["b"], limit: 10, bytes: 1_000 });
    ids.push(...page.records.map(({ id }) => id));
    after = page.scanned;
  }
  expect(ids).toEqual([wanted.id]);
});
