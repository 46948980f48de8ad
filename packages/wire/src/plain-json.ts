/**
 * What data becomes for those who have Socket.IO and no Eventwire: texts for dates and bigints, arrays for sets, arrays of pairs
 * for maps. Bytes stay bytes, an `ArrayBuffer` in browsers and a `Buffer` in Node. In an array `undefined` becomes null, and so
 * does, whatever the type says, a number that is none, or infinite.
 */
export type PlainJson<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null
    ? T
    : T extends bigint | Date
      ? string
      : T extends Uint8Array
        ? ArrayBuffer | Uint8Array
        : T extends ReadonlyMap<infer K, infer V>
          ? [key: PlainItem<K>, value: PlainItem<V>][]
          : T extends ReadonlySet<infer V>
            ? PlainItem<V>[]
            : T extends readonly unknown[]
              ? { [I in keyof T]: PlainItem<T[I]> }
              : T extends undefined
                ? undefined
                : T extends object
                  ? { [N in keyof T]: PlainJson<T[N]> }
                  : never;

/** What stands where something must. */
type PlainItem<T> =
  | PlainJson<Exclude<T, undefined>>
  | (undefined extends T ? (unknown extends T ? never : null) : never);
