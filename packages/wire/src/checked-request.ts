import { DeniedError, type EventwireError } from "@eventwire/core";
import type { BusCore, RequestDefinition } from "@eventwire/core/attach";
import type { Gate } from "./gate.js";
import { checkSchema, definitionOf, denied, unsupported } from "./refusal.js";

/**
 * The definition of a request that a peer may ask if the rules let it.
 *
 * @throws {EventwireError} when it may not, whatever rules say.
 */
export function checkedRequest(
  { contract, side }: BusCore,
  gate: Gate | undefined,
  name: string,
): RequestDefinition {
  const definition = definitionOf(contract, name) as RequestDefinition;
  if (definition.kind !== "request") throw unsupported(name, `is no request but a ${definition.kind}`);
  if (definition.by !== side) throw denied(name, `asked of the ${side}`);
  if (side === "server" && definition.from === "server") throw denied(name, "asked by clients");
  checkSchema(name, definition.input);
  checkSchema(name, definition.output);
  for (const schema of Object.values(definition.errors)) checkSchema(name, schema);
  if (gate && !gate.mentions(name)) throw askDenial(name, undefined);
  return definition;
}

/** Why a request is not answered. @param reason what a rule said for the peer. */
export function askDenial(name: string, reason: string | undefined): EventwireError {
  return reason === undefined ? denied(name, "asked by this user") : new DeniedError(reason, { name });
}
