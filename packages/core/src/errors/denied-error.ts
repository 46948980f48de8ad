import { EventwireError } from "@eventwire/queue";

/** Something that this side or this user may not do. */
export class DeniedError extends EventwireError {
  readonly code = "Denied";
}
