import type { Begun } from "./begun.js";

/** Begins what has to be loaded first. @param use gives what was loaded to who asks. */
export function laterBegun<Loaded>(
  use: (ask: (loaded: Loaded) => Promise<void>) => Promise<void>,
  begin: (loaded: Loaded) => Begun,
): Begun {
  let begun: Begun | undefined;
  let stopped = false;
  const ready = use(async (loaded) => {
    if (stopped) return;
    begun = begin(loaded);
    await begun.ready;
  });
  const stop = () => {
    stopped = true;
    begun?.stop();
  };
  return { ready, stop };
}
