/**
 * Takes a lock of the browser, which goes with the page however that ends.
 *
 * @returns what lets go of it; `undefined` where it was to be taken at once only, and somebody has it. Rejects when its signal aborts.
 */
export function hold(
  locks: LockManager,
  name: string,
  options: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const held = (lock: Lock | null) => {
      if (lock) return new Promise<void>((release) => resolve(release));
      resolve(undefined);
      return undefined;
    };
    locks.request(name, options, held).catch(reject);
  });
}
