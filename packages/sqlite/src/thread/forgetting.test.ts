import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { createPath, event, openBroker } from "../../fixtures/broker.js";
import { DatabaseSync } from "../../fixtures/driver.js";

/** How often a mark lies in the files. */
function traces(path: string, mark: string): number {
  return ["", "-wal"].reduce(
    (count, end) => count + readFileSync(path + end, "latin1").split(mark).length - 1,
    0,
  );
}

const secret = "a secret that is to be forgotten";
const bodyOf = (text: string) => Buffer.from(text.repeat(400));

it("overwrites what was erased, also where its row had been written anew before", async () => {
  const path = createPath();
  const { log } = await openBroker(path);
  const other = () => event({ name: "b", body: bodyOf("another text that takes some room") });
  await log.append([other(), other(), event({ key: "person", body: bodyOf(secret) }), other(), other()]);
  await log.trim({ before: 6, name: "b" });
  expect(await log.erase({ key: "person" })).toBe(1);
  expect(traces(path, secret)).toBe(0);
});

it("waits for who reads, to empty the write-ahead log of what was erased", async () => {
  const path = createPath();
  const { log } = await openBroker(path);
  await log.append([event({ key: "person", body: bodyOf(secret) })]);
  const other = new DatabaseSync(path);
  onTestFinished(() => other.close());
  other.exec("BEGIN");
  other.prepare("SELECT head FROM log").get();
  const erasing = log.erase({ key: "person" });
  await sleep(100);
  other.exec("COMMIT");
  expect(await erasing).toBe(1);
  expect(traces(path, secret)).toBe(0);
});

it("is told where what was erased may be left in the write-ahead log", async () => {
  const path = createPath();
  const { log } = await openBroker(path, { busyTimeout: 50 });
  await log.append([event({ key: "person", body: bodyOf(secret) })]);
  const other = new DatabaseSync(path);
  onTestFinished(() => other.close());
  other.exec("BEGIN");
  other.prepare("SELECT head FROM log").get();
  await expect(log.erase({ key: "person" })).rejects.toMatchObject({ code: "StoreLocked" });
  other.exec("COMMIT");
  expect(await log.erase({ key: "person" })).toBe(0);
  expect(traces(path, secret)).toBe(0);
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(
      fc.record({ person: fc.nat(9), isKept: fc.boolean(), times: fc.constantFrom(1, 5, 20, 100, 400) }),
      { minLength: 1, maxLength: 8 },
    ),
  },
  { weight: 1, arbitrary: fc.record({ compact: fc.nat(200) }) },
  { weight: 1, arbitrary: fc.record({ trim: fc.nat(200) }) },
  { weight: 1, arbitrary: fc.record({ erase: fc.nat(9) }) },
);

it("leaves nothing of who is erased, however the file came to be what it is", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 60 }), async (steps) => {
      const path = createPath();
      const { log } = await openBroker(path);
      const erased = new Set<number>();
      const markOf = (person: number) => `[a secret of ${person}]`;
      for (const one of steps) {
        if ("compact" in one) await log.compact({ before: one.compact });
        else if ("trim" in one) await log.trim({ before: one.trim, name: "b" });
        else if ("erase" in one) {
          await log.erase({ key: one.erase });
          erased.add(one.erase);
        } else {
          const living = one.filter(({ person }) => !erased.has(person));
          await log.append(
            living.map(({ person, isKept, times }) =>
              isKept
                ? event({ key: person, body: Buffer.from(markOf(person).repeat(times)) })
                : event({ name: "b", body: Buffer.from("nothing to hide".repeat(times)) }),
            ),
          );
        }
      }
      for (const person of erased) {
        // Again, for the write-ahead log.
        await log.erase({ key: person });
        expect(traces(path, markOf(person))).toBe(0);
      }
    }),
    { numRuns: 5, endOnFailure: true },
  );
});
