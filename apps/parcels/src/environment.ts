/** What the supervisor tells a process of its own by environment variables. */
export interface Told {
  readonly url: string;
  readonly name: string;
  readonly key: string;
  readonly data: string | undefined;
  readonly speed: number;
}

/** Reads what the supervisor told. @throws when this process was not started by it. */
export function readTold(environment: Readonly<Record<string, string | undefined>>): Told {
  const { PARCELS_URL: url, PARCELS_NAME: name, PARCELS_KEY: key } = environment;
  if (url === undefined || name === undefined || key === undefined) {
    throw new Error("This process is started by dist/server.js.");
  }
  const { PARCELS_DATA: data, PARCELS_SPEED: speed = "1" } = environment;
  return { url, name, key, data, speed: Number(speed) };
}

/** Ends this process in order when it is told to, or when who started it is gone. */
export function endWith(close: () => Promise<unknown>): void {
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.once("disconnect", end);
  process.once("SIGTERM", end);
  // A terminal tells all of its processes; the supervisor sees to these.
  process.on("SIGINT", () => undefined);
}
