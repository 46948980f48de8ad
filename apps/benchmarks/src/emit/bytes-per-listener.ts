import { collectGarbage } from "../harness/collect-garbage.js";
import type { Emitter, Listener } from "./emitter.js";

/** The heap that an implementation keeps for each registered listener, the listener itself not counted. */
export function bytesPerListener(emitter: Emitter, listeners: readonly Listener[]): number {
  const before = usedHeap();
  const emit = emitter.keyed(listeners);
  const after = usedHeap();
  emit({ id: 0, x: 0, y: 0 });
  return (after - before) / listeners.length;
}

function usedHeap(): number {
  if (!collectGarbage()) throw new Error("Measuring memory needs node --expose-gc.");
  return process.memoryUsage().heapUsed;
}
