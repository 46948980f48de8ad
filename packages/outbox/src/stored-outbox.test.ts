import { OverflowError, UnavailableError } from "@eventwire/core";
import { describe, expect, it } from "vitest";
import { entryOf } from "../fixtures/opened.js";
import { type Change, firstState, StoredOutbox } from "./stored-outbox.js";

/** A storage that writes when it is told to, and fails as it is told to. */
function openOn(write: (changes: readonly Change[]) => Promise<void> = async () => undefined) {
  const groups: string[][] = [];
  const released: boolean[] = [];
  const outbox = new StoredOutbox(
    { producer: "p", state: firstState, entries: [] },
    {
      write(changes) {
        groups.push(
          changes.map((one) => (one.type === "put" ? `put ${one.entries.length}` : `advance ${one.done}`)),
        );
        return write(changes);
      },
      async release(forget) {
        released.push(forget);
      },
    },
  );
  return { outbox, groups, released };
}

describe("An open outbox", () => {
  it("writes what comes in one turn, and what comes while that is written, as two groups", async () => {
    let go: (() => void) | undefined;
    const { outbox, groups } = openOn(
      () =>
        new Promise((resolve) => {
          go = resolve;
        }),
    );
    const first = [outbox.put([entryOf(1)]), outbox.put([entryOf(2), entryOf(3)])];
    await new Promise((resolve) => setImmediate(resolve));
    const second = [outbox.advance(1, firstState), outbox.put([entryOf(4)])];
    await new Promise((resolve) => setImmediate(resolve));
    expect(groups).toEqual([["put 1", "put 2"]]);
    go?.();
    await Promise.all(first);
    await new Promise((resolve) => setImmediate(resolve));
    expect(groups).toEqual([
      ["put 1", "put 2"],
      ["advance 1", "put 1"],
    ]);
    go?.();
    await Promise.all(second);
  });

  it("tries each of a group by itself where all together has no room", async () => {
    const { outbox, groups } = openOn(async (changes) => {
      const entries = changes.flatMap((one) => (one.type === "put" ? one.entries : []));
      if (entries.some(({ body }) => body === "large")) throw new OverflowError("It is full.");
    });
    const outcomes = await Promise.allSettled([
      outbox.put([entryOf(1)]),
      outbox.put([entryOf(2, "large")]),
      outbox.advance(1, firstState),
      outbox.put([entryOf(3)]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    expect(groups.slice(1)).toEqual([["put 1"], ["put 1"], ["advance 1"], ["put 1"]]);
    await expect(outbox.advance(2, firstState)).rejects.toMatchObject({ code: "Misuse" });
    await outbox.advance(1, firstState);
  });

  it("tells all of a group that cannot be written, and tries none of it again", async () => {
    const { outbox, groups } = openOn(async () => {
      throw new UnavailableError("It is gone.");
    });
    const outcomes = await Promise.allSettled([outbox.put([entryOf(1)]), outbox.put([entryOf(2)])]);
    expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.code)).toEqual([
      "Unavailable",
      "Unavailable",
    ]);
    expect(groups).toEqual([["put 1", "put 1"]]);
  });

  it("is released once, and forgotten only where it is empty", async () => {
    const one = openOn();
    await Promise.all([one.outbox.close(), one.outbox.close()]);
    expect(one.released).toEqual([true]);
    const other = openOn();
    void other.outbox.put([entryOf(1)]);
    await other.outbox.close();
    expect(other.released).toEqual([false]);
  });
});
