import type { BusCore } from "./bus-core.js";
import type { Chain } from "./cause.js";
import type { EventMessage, Receipt } from "./message.js";
import type { Topic } from "./topic.js";

/**
 * Has a durable event emitted, inside of the middleware around emits.
 *
 * @param said what leads to it. Default: what is under way.
 * @param pass hands it on. What it throws, and what middleware does, rejects the receipt.
 */
export function emitDurable(
  core: BusCore,
  topic: Topic,
  data: unknown,
  said: Chain | undefined,
  pass: (message: EventMessage) => Promise<Receipt>,
): Promise<Receipt> {
  let receipt: Promise<Receipt> | undefined;
  try {
    core.emit(topic, data, said, (message) => {
      receipt = pass(message);
    });
  } catch (error) {
    receipt?.catch(nothing);
    return Promise.reject(error);
  }
  return receipt!;
}

function nothing(): undefined {
  return undefined;
}
