import type { Contract, Key, RequestDefinition } from "@eventwire/core";
import { isBoundedKey } from "@eventwire/wire";

/** The Socket.IO events by which a plain client begins and ends to listen. */
export const onEvent = "eventwire:on";
export const offEvent = "eventwire:off";
/** The Socket.IO event by which a plain client gives fresh credentials. */
export const authEvent = "eventwire:auth";
/** The Socket.IO event by which a plain client waits for what a task gives that it has enqueued. */
export const resultEvent = "eventwire:result";

/** What a plain client said. */
export type Saying =
  | { readonly type: "on" | "off"; readonly name: string; readonly key: Key | undefined }
  | {
      readonly type: "event" | "request" | "auth" | "enqueue" | "result";
      readonly name: string;
      readonly data: unknown;
    }
  /** Nothing that can be passed on, and why. */
  | {
      readonly type: "refused";
      readonly name: string;
      readonly code: "Invalid" | "Unsupported";
      readonly why: string;
    };

/** What Socket.IO or a link of its own uses, so that no event of a contract can reach a plain client by it. */
const reserved: ReadonlySet<string> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
  "eventwire",
]);

/** The longest name that a contract can have. */
const maxNameLength = 128;

/** Whether a plain client says something to the bus by this event. */
export function isSaying({ definitions }: Contract, event: string): boolean {
  if (event === onEvent || event === offEvent || event === authEvent || event === resultEvent) return true;
  return Object.hasOwn(definitions, event) && !reserved.has(event);
}

/** Reads what came as `event`, an {@link isSaying} one, without the acknowledgement. The hub judges what is said. */
export function readSaying({ definitions }: Contract, event: string, values: readonly unknown[]): Saying {
  if (event === onEvent || event === offEvent) return readListening(event, values);
  if (values.length > 1) return refused(event, "Invalid", "its data is one value, and more came");
  if (event === authEvent) return { type: "auth", name: event, data: values[0] };
  if (event === resultEvent) return { type: "result", name: event, data: values[0] };
  const definition = definitions[event]!;
  if (definition.kind === "task") return { type: "enqueue", name: event, data: values[0] };
  if (definition.kind !== "request") return { type: "event", name: event, data: values[0] };
  if ((definition as RequestDefinition).streamed) {
    return refused(event, "Unsupported", "is answered by a stream; ask it with Eventwire");
  }
  return { type: "request", name: event, data: values[0] };
}

function readListening(event: typeof onEvent | typeof offEvent, values: readonly unknown[]): Saying {
  const [name, options, ...more] = values;
  if (
    typeof name !== "string" ||
    name === "" ||
    name.length > maxNameLength ||
    !isOptions(options) ||
    more.length > 0
  ) {
    return refused(event, "Invalid", "it takes a name, and { key } for one key of it");
  }
  if (reserved.has(name)) {
    return refused(name, "Unsupported", "is a name that Socket.IO keeps for itself; listen with Eventwire");
  }
  const key = options?.key;
  if (key !== undefined && !isBoundedKey(key)) {
    return refused(
      name,
      "Invalid",
      "a key is a text of up to 256 bytes, or a number; leave it out for all keys",
    );
  }
  return { type: event === onEvent ? "on" : "off", name, key };
}

function isOptions(value: unknown): value is { readonly key?: unknown } | null | undefined {
  return value === undefined || (typeof value === "object" && !Array.isArray(value));
}

function refused(name: string, code: "Invalid" | "Unsupported", why: string): Saying {
  return { type: "refused", name, code, why };
}
