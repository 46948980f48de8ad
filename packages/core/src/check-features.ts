import type { BrokerFeatures } from "./broker.js";
import type { Contract } from "./contract.js";
import type { TaskDefinition } from "./definition.js";
import { UnsupportedError } from "./errors/unsupported-error.js";

/** @throws {UnsupportedError} when a message of the contract needs what a broker with these features cannot do. */
export function checkFeatures({ definitions }: Contract, { tasks }: BrokerFeatures): void {
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.kind !== "task") continue;
    const ordered = (definition as TaskDefinition).key !== undefined;
    const lacking = !tasks.supported ? "supported" : ordered && !tasks.keyOrder ? "keyOrder" : undefined;
    if (!lacking) continue;
    const message = `"${name}" is a task, but the broker lacks tasks.${lacking}. Use another broker, or leave it out.`;
    throw new UnsupportedError(message, { name });
  }
}
