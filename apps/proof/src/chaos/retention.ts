import { setTimeout as sleep } from "node:timers/promises";
import type { Oracle } from "../oracle.js";
import type { Group } from "../witness.js";
import type { Place } from "./place.js";
import type { Testimony } from "./testimony.js";
import { until } from "./until.js";

/** How long the log may take, and who was away to be told, in milliseconds. */
const patience = 20_000;
/** How long there may be nothing to trim, in milliseconds. */
const awaiting = 10_000;
/** How long what is said through the pipe may take to be heard, in milliseconds. */
const hearing = 100;
/** After how long without an effect there is none to come, in milliseconds. */
const still = 500;
/** How many events are gone that who was away has not got, at least. */
const least = 5;

export interface RetentionHost {
  readonly oracle: Oracle;
  readonly group: Group;
  /** Of all listeners, by their places. */
  readonly testimonies: readonly Testimony[];
  /** A server that is at work. */
  server(): Place | undefined;
}

/** Trims the log to what all have but one that is away: that one must be told, and nobody else. */
export class Retention {
  readonly #host: RetentionHost;
  #away: number | undefined;
  #told = false;
  #trimmed = false;
  #ever = false;

  constructor(host: RetentionHost) {
    this.#host = host;
  }

  trimmed(): void {
    this.#trimmed = true;
  }

  /** A listener is told of a gap, `trimmed`. @returns whether it is one to be told. */
  gap(listener: number): boolean {
    if (listener !== this.#away) return false;
    this.#told = true;
    return true;
  }

  /**
   * The group is told of a gap, `trimmed`: where who has done what is gone was killed before that was saved, for one. It lacks nothing by
   * that. @returns whether the log was trimmed at all.
   */
  groupGap(): boolean {
    return this.#ever;
  }

  /**
   * @param back has who is away come back.
   * @returns whether something was trimmed, and that was told.
   */
  async run(away: number, back: () => void): Promise<boolean> {
    const { oracle, testimonies } = this.#host;
    try {
      await this.#standsStill(testimonies[away]!);
      const enough = () => this.#most(away) > testimonies[away]!.last + least;
      for (const end = performance.now() + awaiting; !enough(); await sleep(50)) {
        if (performance.now() > end) return false;
      }
      const before = this.#most(away);
      this.#away = away;
      this.#told = false;
      this.#trimmed = false;
      this.#ever = true;
      // From when it is asked for on it may be so.
      oracle.trimmed({ before });
      this.#host.server()?.tell({ type: "trim", before });
      if (!(await until(() => this.#trimmed, patience))) return false;
    } finally {
      back();
    }
    const told = await until(() => this.#told, patience);
    if (!told) oracle.trouble(`listener ${away} was not told that it was away for too long`);
    const { last } = testimonies[away]!;
    await until(() => {
      testimonies[away]!.tell();
      return testimonies[away]!.last > last;
    }, patience);
    await sleep(hearing);
    this.#away = undefined;
    return told;
  }

  /** Resolves when who is away has done what came before. */
  async #standsStill(testimony: Testimony): Promise<void> {
    for (let last = -1; last < testimony.last; ) {
      last = testimony.last;
      await sleep(still);
      testimony.tell();
    }
  }

  /** Before which number all others have everything. */
  #most(away: number): number {
    const { oracle, group, testimonies } = this.#host;
    for (const testimony of testimonies) testimony.tell();
    const others = testimonies.filter((_, index) => index !== away).map(({ last }) => last + 1);
    if (others.includes(1)) return 0;
    return oracle.undone(group).reduce((least, number) => Math.min(least, number), Math.min(...others));
  }
}
