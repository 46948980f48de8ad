/** What vitest's and jest's `expect.any(String)`, `expect.objectContaining(...)` and their like are. */
export interface AsymmetricMatcher {
  asymmetricMatch(actual: unknown): boolean;
}

type Whole =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | ArrayBufferView
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | ((...parameters: never) => unknown);

/**
 * Some of `T`, at any depth: properties may be left out, of objects in arrays as well; arrays are of their full length. In the
 * place of any value may be a matcher of vitest or jest.
 */
export type Partially<T> =
  | AsymmetricMatcher
  | (T extends Whole
      ? T
      : T extends readonly unknown[]
        ? { readonly [Index in keyof T]: Partially<T[Index]> }
        : T extends object
          ? { readonly [Name in keyof T]?: Partially<T[Name]> }
          : T);

/** What data is expected to be: some of it, or a function that says whether it is right. */
export type Expected<T> = Partially<T> | ((data: T) => boolean);
