import type { EventwireError, Runtime } from "@eventwire/core";
import { ExpectationError } from "./expectation-error.js";
import { show } from "./show.js";
import { waitFor } from "./waiting.js";

/** The errors that a bus reported and nobody has expected yet. */
export class ReportedErrors {
  readonly list: EventwireError[] = [];
  readonly #lookers = new Set<() => void>();

  readonly add = (error: EventwireError): void => {
    this.list.push(error);
    for (const look of this.#lookers) look();
  };

  /** Takes the first one of this code, once there is one. */
  async take(runtime: Runtime, code: string, within: number): Promise<EventwireError> {
    let taken: EventwireError | undefined;
    // Taken as it is found, for others may wait for one like it.
    const take = () => {
      const index = taken ? -1 : this.list.findIndex((error) => error.code === code);
      if (index >= 0) [taken] = this.list.splice(index, 1);
      return taken !== undefined;
    };
    await waitFor(runtime, within, take, (look) => {
      this.#lookers.add(look);
      return () => this.#lookers.delete(look);
    });
    if (taken) return taken;
    const intro = `No error "${code}" was reported within ${within.toLocaleString("en")} ms.`;
    throw new ExpectationError([intro, "", ...this.listed()].join("\n"));
  }

  listed(): readonly string[] {
    if (this.list.length === 0) return ["None was reported at all."];
    return [`What was reported (${this.list.length}):`, ...this.list.map(describe)];
  }
}

/** An error of a listener is told by what it threw. */
function describe({ code, message, cause }: EventwireError): string {
  return `  ${code}: ${message}${cause === undefined || message.includes(String((cause as Error)?.message)) ? "" : ` (${show(cause)})`}`;
}
