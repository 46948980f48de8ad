import { type Signals, UnsupportedError } from "@eventwire/core";

/** A file carries no signals. */
export const noSignals: Signals = {
  publish: () => undefined,
  subscribe: async () => {
    throw new UnsupportedError("A broker on SQLite has no signals between nodes.");
  },
};
