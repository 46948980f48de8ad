import type { Append, Producer } from "@eventwire/core";
import type { BusCore } from "@eventwire/core/attach";

const probed = { name: "eventwire/probe", key: undefined, shard: 0, body: new Uint8Array(0) };
const beyond = Number.MAX_SAFE_INTEGER;

/** What asks the log about a producer, and is appended by none: its sequence is beyond all others. */
export function probeOf({ newId, runtime }: BusCore, producer: Omit<Producer, "sequence">): Append {
  return { ...probed, id: newId(), time: runtime.now(), producer: { ...producer, sequence: beyond } };
}
