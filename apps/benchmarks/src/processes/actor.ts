/** What a process of a measurement can be asked to do. */
// biome-ignore lint/suspicious/noExplicitAny: each method has parameters of its own.
export type Methods = { readonly [name: string]: (...given: any[]) => unknown };

/** The same, asked from another process: what is given and answered is copied. */
export type Actor<M> = {
  readonly [Name in keyof M]: M[Name] extends (...given: infer Given) => infer Answer
    ? (...given: Given) => Promise<Awaited<Answer>>
    : never;
} & {
  /** Ends its process. */
  end(): Promise<void>;
};

/** Lets `methods` be asked in this process as if they were in another. */
export function actHere<M extends object>(methods: M): Actor<M> {
  return actorOf<M>(
    async (name, given) => (methods as unknown as Methods)[name]!(...given),
    () => Promise.resolve(),
  );
}

export function actorOf<M>(
  ask: (name: string, given: unknown[]) => Promise<unknown>,
  end: () => Promise<void>,
): Actor<M> {
  return new Proxy({} as Actor<M>, {
    get(_, name) {
      // An actor is no promise, though it may be what one resolves to.
      if (typeof name === "symbol" || name === "then") return undefined;
      return name === "end" ? end : (...given: unknown[]) => ask(name, given);
    },
  });
}
