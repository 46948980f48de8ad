/**
 * Data as a plain client of Socket.IO gets it: what JSON lacks becomes the nearest that it has, but bytes, which Socket.IO
 * carries itself. What JSON.stringify does of its own, such as null for NaN, is left to it.
 *
 * @param value what a frame was decoded to, so that it nests to a bounded depth.
 */
export function plainJson(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Map) return Array.from(value, ([key, item]) => [plainJson(key), plainJson(item)]);
  if (Array.isArray(value) || value instanceof Set) return Array.from(value, plainJson);
  const object: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    // Beside bytes a client would take it for the place of one, and end its connection where there is none.
    if (name === "_placeholder" && item === true) continue;
    object[name] = plainJson(item);
  }
  return object;
}
