import type { Namespace } from "socket.io";

/** What Socket.IO takes by default, in bytes. */
const byDefault = 1_000_000;

/** The largest packet that the server of a namespace takes, in bytes. */
export function maxHttpBufferSize({ server }: Namespace): number {
  // Before the server is attached there is no engine, but then there are no sockets either.
  const { engine } = server as {
    readonly engine?: { readonly opts: { readonly maxHttpBufferSize?: number } };
  };
  return engine?.opts.maxHttpBufferSize ?? byDefault;
}
