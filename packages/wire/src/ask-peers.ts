import {
  ClosedError,
  DeniedError,
  DisconnectedError,
  NoHandlerError,
  type RequestDefinition,
} from "@eventwire/core";
import {
  type Asking,
  type AskOptions,
  ask,
  type BusCore,
  requestDefinition,
  validate,
} from "@eventwire/core/attach";
import type { Session } from "./session.js";

/**
 * Asks one of `sessions`, the first at first. One that does not handle it has done nothing, so that the next is asked; so is
 * the next where one has left and the request may be asked twice.
 */
export function askPeers(
  core: BusCore,
  sessions: readonly Session[],
  name: string,
  input: unknown,
  options: AskOptions = {},
): ReturnType<typeof ask> {
  const { definitions } = core.contract;
  const known = Object.hasOwn(definitions, name) ? (definitions[name] as RequestDefinition) : undefined;
  return ask(core, core.asked(name, input, undefined), known?.streamed === true, options, () => {
    const definition = requestDefinition(core.contract, name);
    if (definition.by !== "client") {
      throw new DeniedError(`"${name}" is answered on the server: ask its bus, by bus.request().`, { name });
    }
    if (core.closed) throw new ClosedError(`"${name}" was not asked`, name);
    const value = validate(definition.input, name, input);
    return (asking) => askInTurn(sessions, definition, name, value, asking);
  });
}

async function askInTurn(
  sessions: readonly Session[],
  { idempotent }: RequestDefinition,
  name: string,
  input: unknown,
  { taker, ...asking }: Asking,
): Promise<unknown> {
  let failure: unknown = new DisconnectedError(`"${name}" was not asked: nobody is connected there.`, {
    name,
  });
  let begun = false;
  const watched = taker && {
    ...taker,
    begun() {
      begun = true;
      taker.begun();
    },
  };
  for (const session of sessions) {
    try {
      return await session.ask(name, input, { ...asking, taker: watched });
    } catch (error) {
      const left = error instanceof DisconnectedError && idempotent && !begun;
      if (!left && !(error instanceof NoHandlerError)) throw error;
      failure = error;
    }
  }
  throw failure;
}
