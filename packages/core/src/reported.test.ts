import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it } from "vitest";
import { reported } from "./reported.js";

async function reportsOf(look: (promise: Promise<number>) => unknown): Promise<readonly unknown[]> {
  const clock = new VirtualClock();
  const reports: unknown[] = [];
  look(reported(Promise.reject(new Error("no")), clock, (error) => reports.push(error)));
  await clock.settle();
  await clock.settle();
  return reports;
}

describe("a promise that is reported", () => {
  it("is, where nobody looks at its rejection", async () => {
    expect(await reportsOf(() => undefined)).toMatchObject([{ message: "no" }]);
  });

  it.each<[string, (promise: Promise<number>) => unknown]>([
    ["awaits it", async (promise) => expect(await promise.catch(String)).toBe("Error: no")],
    ["takes its rejection", (promise) => promise.catch(() => undefined)],
    ["waits for it among others", (promise) => Promise.allSettled([promise])],
    ["looks at its end", (promise) => promise.finally(() => undefined).catch(() => undefined)],
    [
      "awaits it a turn later",
      async (promise) => {
        await undefined;
        await promise.catch(() => undefined);
      },
    ],
  ])("is not, where somebody %s", async (_, look) => {
    expect(await reportsOf(look)).toEqual([]);
  });

  it("resolves as the promise does, to an ordinary promise from there on", async () => {
    const clock = new VirtualClock();
    const promise = reported(Promise.resolve(5), clock, () => undefined);
    expect(await promise).toBe(5);
    expect(promise.then().constructor).toBe(Promise);
  });
});
