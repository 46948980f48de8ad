import type { Bus } from "@eventwire/core";
import { type Projection, project } from "@eventwire/core/project";
import type { Airspace } from "../contract.js";
import type { ReachedMovement } from "../replay/fly-again.js";

/** The last movement in the log, and its running number. */
export interface LastMovement extends ReachedMovement {
  readonly number: number;
}

/**
 * Reads the log to its end, and on: once it is `ready`, `get("last")` is the last movement. How far it has read is saved every ten
 * seconds, so that the next start has only the end to read.
 */
export function projectLastMovement(bus: Bus<Airspace>): Projection<"last", LastMovement> {
  return project(bus, ["flight.departed", "flight.arrived"], {
    name: "last-movement",
    key: () => "last" as const,
    fold: (_: LastMovement | undefined, { name, data }): LastMovement => {
      const { number, flight } = data;
      return name === "flight.departed"
        ? { kind: "departed", number, row: Number(flight), at: data.departedAt }
        : { kind: "arrived", number, row: Number(flight), at: data.arrivedAt };
    },
    // What the log has let go is older than its last movement.
    onGap: () => undefined,
  });
}

/** The last movement as the log has it now; undefined when it has none. */
export async function lastMovement(bus: Bus<Airspace>): Promise<LastMovement | undefined> {
  using movements = projectLastMovement(bus);
  await movements.ready;
  return movements.get("last");
}
