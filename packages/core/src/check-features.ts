import type { BrokerFeatures } from "./broker.js";
import type { Contract } from "./contract.js";
import type { TaskDefinition } from "./definition.js";
import { UnsupportedError } from "./errors/unsupported-error.js";

/** @throws {UnsupportedError} when a message of the contract needs what a broker with these features cannot do. */
export function checkFeatures({ definitions }: Contract, { tasks }: BrokerFeatures): void {
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.kind !== "task") continue;
    if (!tasks.supported) throw lacks(name, "is a task, but the broker keeps none (tasks.supported)");
    if ((definition as TaskDefinition).key && !tasks.keyOrder) {
      throw lacks(name, "has a key, but the broker keeps no order by key (tasks.keyOrder)");
    }
  }
}

function lacks(name: string, what: string): UnsupportedError {
  return new UnsupportedError(`"${name}" ${what}. Use another broker, or leave it out.`, { name });
}
