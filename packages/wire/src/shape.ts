type TypeName = "string" | "number" | "boolean" | "object";

/** Whether `value` is an object, not an array, whose named properties have the types given. */
export function matchesAll(
  value: unknown,
  properties: Readonly<Record<string, TypeName>>,
): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const [name, type] of Object.entries(properties)) {
    const property: unknown = Object.hasOwn(value, name)
      ? (value as Record<string, unknown>)[name]
      : undefined;
    if (typeof property !== type || property === null) return false;
  }
  return true;
}
