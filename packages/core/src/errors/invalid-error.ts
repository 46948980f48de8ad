import { EventwireError } from "@eventwire/queue";

/** One thing that a schema found wrong. */
export interface Issue {
  readonly message: string;
  /** Where in the data, such as `["gate", 0]`. */
  readonly path: readonly (string | number)[];
}

/** Data that its schema, or the protocol, does not accept. `issues` says where and why. */
export class InvalidError extends EventwireError {
  readonly code = "Invalid";
  readonly issues: readonly Issue[];

  /** @param cause what a schema threw, which may hold secrets and so stays in this process. */
  constructor(name: string, issues: readonly Issue[], cause?: unknown) {
    super(inWords(name, issues), { name, cause });
    this.issues = issues;
  }
}

/** What is wrong, in a sentence. */
export function inWords(name: string, issues: readonly Issue[]): string {
  const [first] = issues;
  const at = first && first.path.length > 0 ? ` at ${first.path.join(".")}` : "";
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  return `"${name}" is invalid${at}: ${first?.message ?? "no reason given"}${more}`;
}
