import { EventwireError } from "@eventwire/queue";

/** An error that a request declares in its contract. `code` is the declared name, `detail` is typed by its schema. */
export class DeclaredError<Code extends string = string, Detail = unknown> extends EventwireError {
  readonly code: Code;
  readonly detail: Detail;

  constructor(name: string, code: Code, detail: Detail) {
    super(`The handler of "${name}" answered with its declared error ${code}.`, { name });
    this.code = code;
    this.detail = detail;
  }
}
