type Prefix<N extends string> = N extends `${infer Head}.${infer Tail}`
  ? `${Head}.*` | (Tail extends `${string}.${string}` ? `${Head}.${Prefix<Tail>}` : never)
  : never;

/** The wildcards that a contract's names allow: `"*"`, and `"prefix.*"` for names of any depth below the prefix. */
export type Pattern<N extends string> = "*" | Prefix<N>;

/** The names that a pattern stands for; a name stands for itself. */
export type Matching<N extends string, P extends string> = P extends "*"
  ? N
  : P extends `${infer Head}.*`
    ? Extract<N, `${Head}.${string}`>
    : Extract<N, P>;

/** Whether `text` is a wildcard rather than a name. */
export function isPattern(text: string): boolean {
  return text === "*" || text.endsWith(".*");
}

/** Whether `name` is one that `pattern`, a wildcard or a name, stands for. */
export function matches(pattern: string, name: string): boolean {
  if (pattern === "*" || pattern === name) return true;
  return pattern.endsWith(".*") && name.startsWith(pattern.slice(0, -1));
}
