import type { Key } from "@eventwire/core";
import { isBoundedKey } from "./message-shapes.js";
import { maxKeyBytes } from "./messages.js";
import { invalid } from "./refusal.js";

/** @throws {InvalidError} when it is no key that may be listened to. */
export function checkListenedKey(name: string, key: Key | undefined): void {
  if (key !== undefined && !isBoundedKey(key))
    throw invalid(name, `a key must be a finite number or a text of up to ${maxKeyBytes} bytes`);
}
