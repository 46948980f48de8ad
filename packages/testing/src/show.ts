const maxText = 80;
const maxItems = 10;
const maxDepth = 4;

/** A value as a short text for people, much as it is written in code. What is long or deep is cut, marked by `…`. */
export function show(value: unknown, depth = 0): string {
  if (typeof value === "string") return JSON.stringify(clip(value));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `function ${value.name}`.trimEnd();
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (isNamedMatcher(value)) return value.toAsymmetricMatcher();
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Error) return `${value.name}: ${clip(value.message)}`;
  if (value instanceof RegExp || value instanceof URL) return String(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return `${nameOf(value)} of ${value.byteLength} bytes`;
  if (depth === maxDepth) return Array.isArray(value) ? "[…]" : "{…}";
  if (Array.isArray(value)) return `[${list(value, (item) => show(item, depth + 1))}]`;
  if (value instanceof Map) {
    return `Map {${list([...value], ([key, item]) => `${show(key, depth + 1)} => ${show(item, depth + 1)}`, " ")}}`;
  }
  if (value instanceof Set) return `Set {${list([...value], (item) => show(item, depth + 1), " ")}}`;
  const name = nameOf(value);
  const properties = list(Object.entries(value), ([key, item]) => `${key}: ${show(item, depth + 1)}`, " ");
  return `${name === "Object" ? "" : `${name} `}{${properties}}`;
}

function list<Item>(items: readonly Item[], showItem: (item: Item) => string, space = ""): string {
  if (items.length === 0) return "";
  const shown = items.slice(0, maxItems).map(showItem);
  if (items.length > maxItems) shown.push(`… ${items.length - maxItems} more`);
  return `${space}${shown.join(", ")}${space}`;
}

function clip(text: string): string {
  return text.length > maxText ? `${text.slice(0, maxText)}…` : text;
}

function nameOf(value: object): string {
  const maker = (value as { constructor?: unknown }).constructor;
  return typeof maker === "function" ? maker.name : "Object";
}

function isNamedMatcher(value: object): value is { toAsymmetricMatcher(): string } {
  return typeof (value as { toAsymmetricMatcher?: unknown }).toAsymmetricMatcher === "function";
}
