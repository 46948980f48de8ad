import { describe, expect, it } from "vitest";
import { type Carried, type Parcel, parcelOf } from "./contract.js";
import { WorkOracle, type WorkVerdict } from "./work-oracle.js";

/** Two of one key, and what is poison. */
const first = parcelOf(200);
const second = parcelOf(400);
const poison = parcelOf(20);

function carried({ number, key }: Parcel, attempt: number, began: number, ended: number): Carried {
  return { number, key, attempt, began, ended };
}

/** A run in which the numbers were handed in one after the other, each attempt was begun, and all came to such an end. */
function verdictOf(
  handedIn: readonly number[],
  begun: readonly (readonly [number: number, attempt: number])[],
  inLog: readonly Carried[],
  dead: readonly { readonly number: number; readonly attempts: number }[] = [],
): Partial<WorkVerdict> {
  const oracle = new WorkOracle();
  for (const number of handedIn) {
    oracle.handingIn(number);
    oracle.handedInNow(number);
  }
  for (const [number, attempt] of begun) oracle.began(number, attempt);
  const found = Object.entries(oracle.verdict(inLog, dead)).filter(([, what]) => what.length > 0);
  return Object.fromEntries(found);
}

describe("What became of tasks", () => {
  it("is right where each was carried by its last attempt, one after the other of a key, and poison is dead", () => {
    const { number, key } = first;
    expect(second.key).toBe(key);
    expect(
      verdictOf(
        [number, second.number, poison.number],
        [
          [number, 1],
          [number, 3],
          [second.number, 1],
          [poison.number, 1],
        ],
        [carried(first, 3, 0, 10), carried(second, 1, 10, 20)],
        [{ number: poison.number, attempts: 3 }],
      ),
    ).toEqual({});
  });

  it("is lost where it was handed in and came to no end", () => {
    expect(verdictOf([first.number], [], [])).toEqual({ lost: ["parcel.carry 200"] });
  });

  it("is doubled where it was carried twice", () => {
    const both = [carried(first, 1, 0, 10), carried(first, 2, 20, 30)];
    const begun = [1, 2].map((attempt) => [first.number, attempt] as const);
    expect(verdictOf([first.number], begun, both)).toEqual({
      doubled: ["200, by attempts 1 and 2"],
      fenced: ["200, by attempt 1 of 2"],
    });
  });

  it("is of a fenced worker where it was carried by an attempt before the last", () => {
    const begun = [1, 2].map((attempt) => [first.number, attempt] as const);
    expect(verdictOf([first.number], begun, [carried(first, 1, 0, 10)])).toEqual({
      fenced: ["200, by attempt 1 of 2"],
    });
  });

  it("is at once where two of a key were held at one time", () => {
    const begun = [first, second].map(({ number }) => [number, 1] as const);
    expect(
      verdictOf([first.number, second.number], begun, [carried(first, 1, 0, 10), carried(second, 1, 9, 20)]),
    ).toEqual({ atOnce: ["400 and 200 of street 0"] });
  });

  it("is inverted where what was handed in later was carried first", () => {
    const begun = [first, second].map(({ number }) => [number, 1] as const);
    expect(
      verdictOf([first.number, second.number], begun, [carried(second, 1, 0, 10), carried(first, 1, 10, 20)]),
    ).toEqual({ inverted: ["200, behind what was handed in after it"] });
  });

  it("has wrong attempts where one was begun twice, or it is dead before its last", () => {
    const begun = [1, 1].map((attempt) => [first.number, attempt] as const);
    expect(
      verdictOf(
        [first.number, poison.number],
        begun,
        [carried(first, 1, 0, 10)],
        [{ number: poison.number, attempts: 2 }],
      ),
    ).toEqual({ attempts: ["attempt 1 of 200 was begun twice", "20 is dead after 2"] });
  });

  it("is unexpected where nobody handed it in or began it, and where what is sound died or poison did not", () => {
    expect(
      verdictOf(
        [first.number, second.number],
        [[7, 1]],
        [carried(poison, 1, 0, 10)],
        [
          { number: first.number, attempts: 1 },
          { number: second.number, attempts: 1 },
        ],
      ).unexpected,
    ).toEqual([
      "7 was begun, and never handed in",
      "20 was carried, and is poison",
      "20 was carried by an attempt that nobody began",
      "200 is dead",
      "400 is dead",
    ]);
  });
});
