import type { Frame } from "@eventwire/core";
import type { GapReason } from "../../events.js";
import type { GroupPlan } from "../member.js";
import type { SimulatedProcess } from "../process.js";
import type { Program } from "../program.js";
import type { World } from "../world.js";
import type { Connection } from "./connection.js";

interface Untold {
  readonly plan: GroupPlan;
  readonly reason: GapReason;
  readonly moment: number;
  /** When it was found, on the clock of the world. */
  readonly foundAt: number;
}

interface Sent extends Pick<Untold, "plan" | "reason" | "moment"> {
  /** When, on the clock of the world. */
  readonly at: number;
}

/**
 * Gaps that may go with a link. A group is told of each once, by the member that finds it; where that one is at a client whose link is lost
 * before it has the word, nobody hears of it but who inspects the server.
 */
export class UntoldGaps {
  readonly #world: World;
  readonly #groups: readonly GroupPlan[];
  readonly #found = new Map<SimulatedProcess, Untold[]>();
  readonly #sent = new Map<Connection, Sent[]>();

  constructor(world: World, groups: readonly GroupPlan[]) {
    this.#world = world;
    this.#groups = groups;
  }

  /** Takes note of what members at a server find. */
  watch({ bus, process }: Program): void {
    const found: Untold[] = [];
    this.#found.set(process, found);
    process.onEnd(() => this.#found.delete(process));
    bus.inspect((inspection) => {
      if (inspection.type !== "gap") return;
      const { name, reason, to } = inspection.gap;
      const plan = this.#groups.find(({ wish }) => wish.pattern === name);
      // That of a group names no place.
      if (!plan || to !== undefined) return;
      const { oracle, clock } = this.#world;
      const foundAt = clock.monotonic();
      found.push({ plan, reason: reason as GapReason, moment: oracle.tick(), foundAt });
    });
  }

  /** A server sends a frame: it may say what was found. */
  sends(connection: Connection, frame: Frame): void {
    const found = this.#found.get(connection.server.process) ?? [];
    if (found.length === 0) return;
    const text = typeof frame === "string" ? frame : Buffer.from(frame).toString("latin1");
    if (!text.includes("missing")) return;
    const said = found.filter(({ reason }) => text.includes(reason));
    const at = this.#world.clock.monotonic();
    const before = this.#sent.get(connection) ?? [];
    this.#sent.set(connection, [...before, ...said.map((untold) => ({ ...untold, at }))]);
  }

  /** What was sent there, and had not come, or was still to be sent, counts as told when it was found. */
  over(connection: Connection): void {
    for (const untold of this.#found.get(connection.server.process) ?? []) {
      if (untold.foundAt < Math.max(connection.openedAt, connection.heardFrom)) continue;
      untold.plan.witness.missedGap(untold.reason, untold.moment);
    }
    for (const { plan, reason, moment, at } of this.#sent.get(connection) ?? []) {
      if (at >= connection.heardFrom) plan.witness.missedGap(reason, moment);
    }
    this.#sent.delete(connection);
  }
}
