import { ExpectationError } from "../expectation-error.js";
import type { Verdict } from "./verdict.js";

/** What has happened in a scenario, for whom it fails to tell. */
export class Story {
  readonly #lines: string[] = [];
  #at = 0;

  /** @param at in milliseconds from the beginning. */
  tell(at: number, who: string, what: string): void {
    const time = at === this.#at ? "" : `+${(at - this.#at).toLocaleString("en")} ms`;
    this.#at = at;
    this.#lines.push(`${time.padStart(14)}  ${who.padEnd(8)} ${what}`);
  }

  failure({ lines, ...values }: Verdict): ExpectationError {
    const story = this.#lines.length > 0 ? this.#lines : ["  nothing"];
    return new ExpectationError([...lines, "", "What happened:", ...story].join("\n"), values);
  }
}
