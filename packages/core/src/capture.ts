import { maxDepth } from "./max-depth.js";

/**
 * A copy that no later change of `value` reaches, and that is encoded as `value` would have been. What cannot be encoded
 * stays what it is, to be refused then.
 */
export function capture(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null || depth > maxDepth) return value;
  const copy = (inner: unknown) => capture(inner, depth + 1);
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Date) return new Date(value);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof Map) return new Map(copy([...value]) as [unknown, unknown][]);
  if (value instanceof Set) return new Set(copy([...value]) as unknown[]);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value) || "then" in value) return value;
  if ("toJSON" in value && typeof value.toJSON === "function") return copy(value.toJSON());
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copy(item)]));
}
