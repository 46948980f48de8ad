import { MisuseError } from "@eventwire/core";
import { Cron } from "croner";

/** Which of the times are made up for that were missed. */
export type Missed = "last" | "skip" | "all";

/** How late a run may be and not count as missed, in milliseconds. */
export const tolerance = 60_000;
const second = 1_000;

/** The times that a cron expression stands for, in milliseconds since the Unix epoch. */
export class Times {
  readonly #cron: Cron;

  /** @throws {MisuseError} when there is no such time, or no such zone. */
  constructor(expression: string, timezone: string) {
    try {
      this.#cron = new Cron(expression, { timezone, paused: true });
      this.#cron.nextRun(new Date(0));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new MisuseError(`"${expression}" in "${timezone}" is no schedule: ${reason}`, { cause });
    }
  }

  /** The first after a time; `undefined` where none comes. */
  after(time: number): number | undefined {
    return this.#cron.nextRun(new Date(time))?.getTime();
  }

  /** What is to be done of what has come since a time: in order, none later than now. */
  *due(since: number, now: number, missed: Missed): Generator<number, void, undefined> {
    const recent = now - tolerance;
    const first = this.after(since);
    const isMissed = first !== undefined && first < recent;
    if (isMissed && missed === "last") {
      const last = this.#last(now);
      if (last !== undefined && last > since) yield last;
      return;
    }
    const from = isMissed && missed === "skip" ? Math.max(since, recent - 1) : since;
    for (let time = this.after(from); time !== undefined && time <= now; time = this.after(time)) yield time;
  }

  /** The last that is not later than now. */
  #last(now: number): number | undefined {
    const behind = new Date(Math.floor(now / second) * second + second);
    return this.#cron
      .previousRuns(2, behind)
      .map((time) => time.getTime())
      .find((time) => time <= now);
  }
}
