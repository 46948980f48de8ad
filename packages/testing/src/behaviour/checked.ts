import type { unchecked } from "@eventwire/core";

/** The type of a schema that gives back what it takes. */
type Checked<T> = ReturnType<typeof unchecked<T>>;

/** Makes a schema of a function that returns what it accepts and throws on the rest, so that the kit needs no validator. */
export function checked<T>(parse: (value: unknown) => T): Checked<T> {
  const validate = (value: unknown) => {
    try {
      return { value: parse(value) };
    } catch (error) {
      return { issues: [{ message: (error as Error).message, path: [] }] };
    }
  };
  return { "~standard": { version: 1, vendor: "eventwire:testing", validate } };
}

export function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError(`expected a text, got ${typeof value}`);
  return value;
}

export function number(value: unknown): number {
  if (typeof value !== "number") throw new TypeError(`expected a number, got ${typeof value}`);
  return value;
}

export function textOrNumber(value: unknown): string | number {
  return typeof value === "number" ? value : text(value);
}

export function anything(value: unknown): unknown {
  return value;
}

/** Parses the properties named, and drops the others. */
export function record<T>(properties: { readonly [N in keyof T]: (value: unknown) => T[N] }) {
  return (value: unknown): T => {
    if (typeof value !== "object" || value === null) throw new TypeError("expected an object");
    const result: Partial<T> = {};
    for (const name in properties) result[name] = properties[name]((value as Partial<T>)[name]);
    return result as T;
  };
}
