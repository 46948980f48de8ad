import type { FromClient } from "../scenario.js";

/** What happens: events with their data, requests with their input. */
export type Messages = readonly (readonly [name: string, data: unknown, from?: FromClient])[];
/** What is to be emitted: events, and some of their data. */
export type Events = readonly (readonly [name: string, data?: unknown])[];

/** One link of a scenario's chain. */
export type Step =
  | { readonly do: "given" | "when"; readonly messages: Messages }
  | { readonly do: "after" | "within"; readonly milliseconds: number }
  | { readonly do: "expect"; readonly events: Events }
  | { readonly do: "expectError"; readonly code: string; readonly text: string | RegExp | undefined }
  | {
      readonly do: "expectAnswer";
      readonly name: string;
      /** That of the failure; `undefined` when it is not to fail. */
      readonly code: string | undefined;
      /** Some of the answer, or of the failure's detail. */
      readonly value: unknown;
    };

/** The methods of a scenario, below the types of a contract: each tells a step. */
export function steps<Result>(tell: (step: Step) => Result) {
  return {
    given: (...messages: Messages) => tell({ do: "given", messages }),
    when: (...messages: Messages) => tell({ do: "when", messages }),
    after: (milliseconds: number) => tell({ do: "after", milliseconds }),
    within: (milliseconds: number) => tell({ do: "within", milliseconds }),
    expect: (...events: Events) => tell({ do: "expect", events }),
    expectNothing: () => tell({ do: "expect", events: [] }),
    expectError: (code: string, text?: string | RegExp) => tell({ do: "expectError", code, text }),
    expectAnswer: (name: string, value: unknown) =>
      tell({ do: "expectAnswer", name, code: undefined, value }),
    expectFailure: (name: string, code: string, value?: unknown) =>
      tell({ do: "expectAnswer", name, code, value }),
  };
}
