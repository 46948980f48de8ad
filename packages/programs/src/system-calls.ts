/** A call of the kernel, when it had returned. */
export interface SystemCall {
  readonly name: string;
  /** What the call was given, with the paths of files. */
  readonly parameters: string;
}

/**
 * The calls in what `strace -f -y` has written, in the order in which they returned; of a write to the standard output, in which
 * it began, for who reads it may be quicker.
 */
export function systemCalls(trace: string): readonly SystemCall[] {
  const calls: SystemCall[] = [];
  /** What a thread is at. */
  const begun = new Map<string, SystemCall>();
  for (const line of trace.split("\n")) {
    const [, thread = "", rest = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>/.exec(rest);
    if (resumed) {
      const call = begun.get(thread);
      begun.delete(thread);
      if (call && !isSaying(call)) calls.push(call);
      continue;
    }
    const [, name, parameters] = /^(\w+)\((.*)$/.exec(rest) ?? [];
    if (name === undefined || parameters === undefined) continue;
    const call = { name, parameters };
    if (!rest.endsWith("<unfinished ...>")) calls.push(call);
    else {
      begun.set(thread, call);
      if (isSaying(call)) calls.push(call);
    }
  }
  return calls;
}

/** Whether it writes to the standard output. */
export function isSaying({ name, parameters }: SystemCall): boolean {
  return name === "write" && parameters.startsWith("1<");
}
