import { describe, it } from "vitest";
import type { ConformanceCase } from "./conformance-case.js";

/** Declares a vitest test for each case, by chapter. */
export function declareTests<Stage>(
  name: string,
  cases: readonly ConformanceCase<Stage>[],
  run: (one: ConformanceCase<Stage>) => Promise<void>,
  timeout: number,
): void {
  describe(name, () => {
    for (const title of new Set(cases.map(({ chapter }) => chapter))) {
      describe(title, () => {
        for (const one of cases.filter(({ chapter }) => chapter === title)) {
          it(one.name, { timeout }, () => run(one));
        }
      });
    }
  });
}
