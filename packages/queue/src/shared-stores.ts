import type { AsyncStore } from "./runtime.js";

/**
 * Makes many stores of one. Node looks at each store that was ever used at every promise of the process, for good: a
 * process can afford one, and not one a bus.
 */
export function sharedStores(platform: AsyncStore<unknown>): <Value>() => AsyncStore<Value> {
  const current = () => platform.getStore() as ReadonlyMap<object, unknown> | undefined;
  return <Value>(): AsyncStore<Value> => {
    const store: AsyncStore<Value> = {
      run: (value, work) => platform.run(new Map(current()).set(store, value), work),
      getStore: () => current()?.get(store) as Value | undefined,
    };
    return store;
  };
}
