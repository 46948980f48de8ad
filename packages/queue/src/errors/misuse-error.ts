import { EventwireError } from "./eventwire-error.js";

/** A call that can never work as written, such as a name that the contract lacks. Fix the code. */
export class MisuseError extends EventwireError {
  readonly code = "Misuse";
}
